import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { claimedEvent, claimedMail } from '../../test/support/messages.ts'
import { keepLeases } from './leases.ts'
import type { HandOverResult, Message, Settlement } from './outbox.ts'
import { settleTogether } from './settle-together.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }
const FAILED: HandOverResult = { result: 'failed', failure: 'unavailable', reason: 'http 503' }
const SPACING_MS = 50
const RETRY_MS = 1000

/** A settling under mock timers, whose statements end as the test says; `did` is what was done, in order. */
const world = (t: TestContext, settle: (settlements: Settlement[]) => Promise<void> = async () => {}) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const did: string[] = []
  const logged: unknown[] = []
  const halt = new AbortController()
  const note = (what: string) => (_fields: object, text: string) => void did.push(`${what}: ${text}`)
  const { settleSoon, allSettled } = settleTogether(
    {
      settle: async settlements => {
        did.push(`settle ${settlements.map(({ id }) => id)}`)
        await settle(settlements)
      },
      audit: () => {},
      count: () => {},
      newId: () => 'event-7',
      random: () => 0,
      monotonicSeconds: () => 0,
      log: {
        info: note('log'),
        warn: note('log'),
        error: (fields, text) => {
          logged.push(fields)
          did.push(`log: ${text}`)
        },
      },
    },
    { giveUpMailAfterSeconds: 3600, retryMs: RETRY_MS, spacingMs: SPACING_MS },
    {
      leases: {
        hold: () => {},
        letGo: ({ id }: Message) => void did.push(`let ${id} go`),
        whileAtRest: async (messages, work) => {
          did.push(`rest ${messages.map(({ id }) => id)}`)
          await work()
        },
      },
      leftSomethingDue: () => did.push('something is due'),
      halt: halt.signal,
    },
  )
  const pass = async (ms: number) => {
    t.mock.timers.tick(ms)
    for (let turns = 0; turns < 30; turns += 1) await null
  }
  /** What was done since it was asked last. */
  const done = () => did.splice(0)
  return { settleSoon, allSettled, halt, pass, done, logged }
}

describe('settleTogether', () => {
  it('settles a message at rest, then lets it go and says so', async t => {
    const { settleSoon, pass, done } = world(t)
    settleSoon(claimedMail('m1'), ACCEPTED)
    await pass(0)
    assert.deepEqual(done(), ['rest m1', 'settle m1', 'let m1 go', 'log: mail handed over'])
  })

  it('rings for the event that a mail which is given up leaves behind, and for nothing else', async t => {
    const { settleSoon, pass, done } = world(t)
    settleSoon(claimedMail('m1', { ageSeconds: 3600 }), FAILED)
    await pass(SPACING_MS)
    assert.deepEqual(done().slice(2), ['let m1 go', 'log: mail given up', 'something is due'])
    for (const result of [ACCEPTED, FAILED, { result: 'unwanted' }] as const) {
      settleSoon(claimedMail('m2'), result)
      await pass(SPACING_MS)
      assert.ok(!done().includes('something is due'))
    }
  })

  it('gathers for the spacing after each statement', async t => {
    const { settleSoon, pass, done } = world(t)
    settleSoon(claimedMail('m1'), ACCEPTED)
    await pass(0)
    done()
    settleSoon(claimedMail('m2'), ACCEPTED)
    settleSoon(claimedEvent('e1'), ACCEPTED)
    await pass(SPACING_MS - 1)
    assert.deepEqual(done(), [])
    await pass(1)
    assert.deepEqual(done().slice(0, 2), ['rest m2,e1', 'settle m2,e1'])
  })

  it('begins at once again after it had nothing to do', async t => {
    const { settleSoon, pass, done } = world(t)
    settleSoon(claimedMail('m1'), ACCEPTED)
    await pass(SPACING_MS)
    await pass(SPACING_MS)
    done()
    settleSoon(claimedMail('m2'), ACCEPTED)
    await pass(0)
    assert.equal(done()[1], 'settle m2')
  })

  it('keeps what cannot be settled, before what comes after it, and tries again after a while', async t => {
    let broken = true
    const error = new Error('no database')
    const { settleSoon, pass, done, logged } = world(t, () =>
      broken ? Promise.reject(error) : Promise.resolve(),
    )
    settleSoon(claimedMail('m1'), ACCEPTED)
    await pass(0)
    settleSoon(claimedMail('m2'), ACCEPTED)
    assert.deepEqual(done(), ['rest m1', 'settle m1', 'log: messages cannot be settled; trying again'])
    assert.deepEqual(logged, [{ err: error, count: 1 }])
    await pass(RETRY_MS - 1)
    assert.deepEqual(done(), [])
    broken = false
    await pass(1)
    await pass(SPACING_MS)
    assert.deepEqual(done().slice(0, 2), ['rest m1,m2', 'settle m1,m2'])
  })

  it('settles nothing more once it is halted', async t => {
    const { settleSoon, halt, pass, done } = world(t)
    halt.abort()
    settleSoon(claimedMail('m1'), ACCEPTED)
    await pass(SPACING_MS)
    assert.deepEqual(done(), [])
  })

  it('tells when everything is settled', async t => {
    const statement = Promise.withResolvers<void>()
    const { settleSoon, allSettled, pass, done } = world(t, () => statement.promise)
    await allSettled()
    settleSoon(claimedMail('m1'), ACCEPTED)
    let settled = false
    const waiting = allSettled().then(() => {
      settled = true
    })
    await pass(SPACING_MS)
    assert.equal(settled, false)
    statement.resolve()
    await pass(0)
    await pass(SPACING_MS)
    await waiting
    assert.equal(done().at(-1), 'log: mail handed over')
  })
})

const nothing = () => {}

/** A settling with real leases, whose statements take no time, and the ids that it has settled. */
const createSettling = () => {
  const settled: string[] = []
  const halt = new AbortController()
  const ports = {
    settle: async (settlements: { id: string }[]) => void settled.push(...settlements.map(({ id }) => id)),
    renewLeases: async () => {},
    audit: nothing,
    count: nothing,
    log: { info: nothing, warn: nothing, error: nothing },
    newId: () => 'new',
    random: () => 0,
    monotonicSeconds: () => 0,
  }
  const leases = keepLeases(ports, 60_000, halt.signal)
  const settling = settleTogether(
    ports,
    { giveUpMailAfterSeconds: 3600, retryMs: 0, spacingMs: 0 },
    { leases, leftSomethingDue: nothing, halt: halt.signal },
  )
  return { ...settling, settled, end: () => halt.abort() }
}

describe('settleTogether, with one message after another', () => {
  // A message that came while the last settling was coming to its end was once left lying until the next one.
  it('settles what comes in any moment after the one before', async t => {
    for (let moment = 0; moment < 40; moment += 1) {
      const { settleSoon, settled, allSettled, end } = createSettling()
      t.after(end)
      settleSoon(claimedEvent('first'), ACCEPTED)
      for (let passed = 0; passed < moment; passed += 1) await undefined
      settleSoon(claimedEvent('second'), ACCEPTED)
      await allSettled()
      assert.deepEqual(settled, ['first', 'second'], `${moment} microtasks later`)
    }
  })
})
