import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { claimedMail } from '../../test/support/messages.ts'
import { keepLeases } from './leases.ts'

const RENEW_EVERY_MS = 3000

/** Leases over mails by their ids, under a clock that only `pass` moves. */
const world = (t: TestContext, renew: () => Promise<void> = async () => {}) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const clock = { seconds: 100 }
  const renewed: string[][] = []
  const logged: unknown[] = []
  const halt = new AbortController()
  t.after(() => halt.abort())
  const leases = keepLeases(
    {
      renewLeases: messages => {
        renewed.push(messages.map(({ id }) => id))
        return renew()
      },
      log: { error: (fields, text) => logged.push([fields, text]) },
      monotonicSeconds: () => clock.seconds,
    },
    RENEW_EVERY_MS,
    halt.signal,
  )
  const turns = async () => {
    for (let turns = 0; turns < 20; turns += 1) await null
  }
  const pass = async (seconds: number) => {
    clock.seconds += seconds
    t.mock.timers.tick(seconds * 1000)
    await turns()
  }
  return { leases, clock, renewed, logged, halt, pass, turns }
}

const [M1, M2] = [claimedMail('m1'), claimedMail('m2')]

describe('keepLeases', () => {
  it('renews what is held for as long as the interval, and again after each', async t => {
    const { leases, renewed, pass } = world(t)
    leases.hold(M1, 100)
    leases.hold(M2, 100.5)
    await pass(2.5)
    assert.deepEqual(renewed, [])
    await pass(0.5)
    assert.deepEqual(renewed, [['m1']])
    await pass(3)
    assert.deepEqual(renewed, [['m1'], ['m1', 'm2']])
  })

  it('renews nothing that was let go, and asks nobody while it holds nothing', async t => {
    const { leases, renewed, pass } = world(t)
    leases.hold(M1, 100)
    leases.hold(M2, 100)
    leases.letGo(M1)
    await pass(3)
    leases.letGo(M2)
    await pass(3)
    assert.deepEqual(renewed, [['m2']])
  })

  it('renews nothing once it is aborted', async t => {
    const { leases, renewed, halt, pass, turns } = world(t)
    leases.hold(M1, 0)
    halt.abort()
    await turns()
    await pass(3)
    assert.deepEqual(renewed, [])
  })

  it('says that leases cannot be renewed, and tries again', async t => {
    const error = new Error('no database')
    const { leases, renewed, logged, pass } = world(t, () => Promise.reject(error))
    leases.hold(M1, 0)
    leases.hold(M2, 0)
    await pass(3)
    await pass(3)
    assert.equal(renewed.length, 2)
    const line = [{ err: error, count: 2 }, 'leases cannot be renewed; trying again']
    assert.deepEqual(logged, [line, line])
  })

  describe('while messages are at rest', () => {
    it('renews the others alone, and these again when the work is over, however it ends', async t => {
      const { leases, renewed, pass } = world(t)
      leases.hold(M1, 0)
      leases.hold(M2, 0)
      for (const end of [async () => {}, () => Promise.reject(new Error('no database'))]) {
        const work = Promise.withResolvers<void>()
        const rest = leases.whileAtRest([M1], () => work.promise.then(end)).catch(() => {})
        await pass(3)
        work.resolve()
        await rest
        await pass(3)
      }
      assert.deepEqual(renewed, [['m2'], ['m1', 'm2'], ['m2'], ['m1', 'm2']])
    })

    it('begins the work only when no renewal is under way any more', async t => {
      const renewal = Promise.withResolvers<void>()
      const { leases, pass, turns } = world(t, () => renewal.promise)
      leases.hold(M1, 0)
      await pass(3)
      const did: string[] = []
      const rest = leases.whileAtRest([M1], async () => void did.push('work'))
      await turns()
      assert.deepEqual(did, [])
      renewal.resolve()
      await rest
      assert.deepEqual(did, ['work'])
    })

    it('passes on what the work throws', async t => {
      const { leases } = world(t)
      const work = leases.whileAtRest([M1], () => Promise.reject(new Error('no database')))
      await assert.rejects(work, /no database/)
    })
  })
})
