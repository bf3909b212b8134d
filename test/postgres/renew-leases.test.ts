import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Bench, LEASE_SECONDS, type Registered, startBench } from '../support/fixtures.ts'

const PLENTY = { mail: 1000, event: 1000 }

describe('renewLeases', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench()
  })
  after(() => bench.close())

  const claimed = async (): Promise<Registered> => {
    const registered = await bench.register()
    await bench.statements.claimMessages(PLENTY)
    return registered
  }

  /** Seconds until somebody else may claim the mail. */
  const secondsOfLease = async ({ mailId }: Registered): Promise<number> => {
    const [row] = await bench.rows<{ left: number }>(
      'select extract(epoch from due_at - now())::float8 as left from outbox where id = $1',
      [mailId],
    )
    return row?.left ?? Number.NaN
  }

  it('keeps what is held from everybody else for another lease, also when that has just run out', async () => {
    const registered = await claimed()
    const bystander = await claimed()
    await bench.makeDue(registered.userId, 5)
    await bench.makeDue(bystander.userId, 5)
    await bench.statements.renewLeases([{ userId: registered.userId, id: registered.mailId, attempts: 1 }])
    const left = await secondsOfLease(registered)
    assert.ok(left > LEASE_SECONDS / 2 && left <= LEASE_SECONDS, `${left}`)
    assert.ok((await secondsOfLease(bystander)) < 0)
  })

  it('leaves alone what was claimed by another courier meanwhile', async () => {
    const registered = await claimed()
    await bench.makeDue(registered.userId, 0)
    await bench.statements.claimMessages(PLENTY)
    await bench.makeDue(registered.userId, 5)
    await bench.statements.renewLeases([{ userId: registered.userId, id: registered.mailId, attempts: 1 }])
    assert.ok((await secondsOfLease(registered)) < 0)
  })

  it('leaves alone what has been settled', async () => {
    const registered = await claimed()
    const claim = { userId: registered.userId, id: registered.mailId, attempts: 1 }
    await bench.statements.settleMessages([{ ...claim, result: 'accepted', secondsAgo: 0 }])
    await bench.statements.renewLeases([claim])
    assert.ok(!(await bench.outboxOf(registered.userId)).some(({ topic }) => topic === 'mail'))
  })
})
