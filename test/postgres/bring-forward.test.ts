import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Bench, type Registered, startBench } from '../support/fixtures.ts'

const PLENTY = { mail: 1000, event: 1000 }

describe('bringForward', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench()
  })
  after(() => bench.close())

  /** Registers someone whose mail has failed and waits; the event of the registration has left. */
  const waiting = async (inSeconds: number): Promise<Registered> => {
    const registered = await bench.register()
    await bench.statements.claimMessages(PLENTY)
    const { userId, mailId, eventId } = registered
    await bench.statements.settleMessages([
      { userId, id: mailId, attempts: 1, result: 'retry', inSeconds, reason: 'http 503' },
      { userId, id: eventId, attempts: 1, result: 'accepted', secondsAgo: 0 },
    ])
    return registered
  }
  const claimedIds = async () => (await bench.statements.claimMessages(PLENTY)).map(({ id }) => id)

  it('makes due what has failed before, oldest first, whatever its back-off', async () => {
    const registered = [await waiting(300), await waiting(40), await waiting(100)]
    assert.deepEqual(await claimedIds(), [])
    await bench.statements.bringForward('mail')
    const [first, ...others] = registered.map(({ mailId }) => mailId)
    assert.deepEqual(
      (await bench.statements.claimMessages({ mail: 1, event: 0 })).map(({ id }) => id),
      [first],
    )
    assert.deepEqual(await claimedIds(), others)
  })

  it('leaves alone what is being handed over, and messages of the other topic', async () => {
    const { userId } = await waiting(300)
    await bench.makeDue(userId, 0)
    assert.equal((await claimedIds()).length, 1)
    await bench.statements.bringForward('mail')
    assert.deepEqual(await claimedIds(), [], 'it is leased')

    const other = await waiting(300)
    await bench.statements.bringForward('event')
    assert.deepEqual(await claimedIds(), [])
    await bench.statements.bringForward('mail')
    assert.deepEqual(await claimedIds(), [other.mailId])
  })
})
