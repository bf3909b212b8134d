import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Unavailable } from '../domain/refusals.ts'
import type { SecurityEvent } from './audit.ts'
import { type PurgePorts, startPurge } from './purge.ts'

const BATCH = 500
/** Longer than any test: what happens in spite of it is a bug. */
const NEVER_MS = 15_000_000

const people = (count: number): { userId: string; email: string }[] =>
  Array.from({ length: count }, (_, n) => ({ userId: `user-${n}`, email: `user-${n}@example.com` }))

/** A purge that runs one round after the other, and a way to wait for the nth call of a port. */
const world = (t: TestContext, replaced: Partial<PurgePorts> = {}, everyMs = 1) => {
  const calls: string[] = []
  const audited: SecurityEvent[] = []
  const logged: unknown[] = []
  const watchers = new Set<() => void>()
  const called = (what: string): void => {
    calls.push(what)
    for (const look of [...watchers]) look()
  }
  const purgePending = replaced.purgePending ?? (async () => [])
  const purgeLedger = replaced.purgeLedger ?? (async () => undefined)
  const purge = startPurge(
    {
      purgePending: batch => {
        called('pending')
        return purgePending(batch)
      },
      purgeLedger: after => {
        called(`ledger after ${after?.toString() ?? 'nothing'}`)
        return purgeLedger(after)
      },
      audit: event => audited.push(event),
      log: { error: fields => logged.push(Object.values(fields)[0]) },
      random: replaced.random ?? (() => 0),
    },
    everyMs,
  )
  t.after(purge.stop)
  return {
    stop: purge.stop,
    calls,
    audited,
    logged,
    /** Waits for so many calls, and returns them. */
    first: (count: number): Promise<string[]> =>
      new Promise(resolve => {
        const look = () => {
          if (calls.length < count) return
          watchers.delete(look)
          resolve(calls.slice(0, count))
        }
        watchers.add(look)
        look()
      }),
  }
}

describe('startPurge', () => {
  it('looks for pending users, then at a stretch of the ledger, again and again', async t => {
    const { first } = world(t)
    const round = ['pending', 'ledger after nothing']
    assert.deepEqual(await first(6), [...round, ...round, ...round])
  })

  it('goes on with the next batch while there are full ones', async t => {
    const sizes = [BATCH, BATCH, BATCH - 1]
    const asked: number[] = []
    const { first, audited } = world(t, {
      purgePending: async batch => {
        asked.push(batch)
        return people(sizes.shift() ?? 0)
      },
    })
    assert.deepEqual(await first(4), ['pending', 'pending', 'pending', 'ledger after nothing'])
    assert.deepEqual(asked, [BATCH, BATCH, BATCH])
    assert.equal(audited.length, 3 * BATCH - 1)
  })

  it('writes into the audit log who is gone', async t => {
    const gone = [people(2)]
    const { first, audited } = world(t, { purgePending: async () => gone.shift() ?? [] })
    await first(2)
    assert.deepEqual(audited, [
      { event: 'purged', userId: 'user-0', email: 'user-0@example.com' },
      { event: 'purged', userId: 'user-1', email: 'user-1@example.com' },
    ])
  })

  it('walks along the ledger, stretch after stretch to its end, and begins anew in the next round', async t => {
    const ends = ['f', 'p', undefined, 'f']
    const { first } = world(t, {
      purgeLedger: async () => {
        const end = ends.shift()
        return end === undefined ? undefined : Buffer.from(end)
      },
    })
    assert.deepEqual(await first(6), [
      'pending',
      'ledger after nothing',
      'ledger after f',
      'ledger after p',
      'pending',
      'ledger after nothing',
    ])
  })

  it('looks at no more than ten stretches in one round, and goes on from there in the next', async t => {
    const { first } = world(t, { purgeLedger: async () => Buffer.from('f') })
    const round = (start: string) => ['pending', `ledger after ${start}`, ...Array(9).fill('ledger after f')]
    assert.deepEqual(await first(22), [...round('nothing'), ...round('f')])
  })

  it('reports a failure and tries again, from where it was', async t => {
    const ends: (string | Error)[] = ['f', new Unavailable('no database'), 'p']
    const { first, logged } = world(t, {
      purgeLedger: async () => {
        const end = ends.shift() ?? 'z'
        if (end instanceof Error) throw end
        return Buffer.from(end)
      },
    })
    assert.deepEqual(await first(6), [
      'pending',
      'ledger after nothing',
      'ledger after f',
      'pending',
      'ledger after f',
      'ledger after p',
    ])
    assert.match(String(logged[0]), /no database/)
    assert.equal(logged.length, 1)
  })

  it('logs why nothing could be purged, and that it tries again', async t => {
    const line = Promise.withResolvers<[object, string]>()
    const error = new Error('no database')
    const purge = startPurge(
      {
        purgePending: () => Promise.reject(error),
        purgeLedger: async () => undefined,
        audit: () => {},
        log: { error: (...said) => line.resolve(said) },
        random: () => 0,
      },
      1,
    )
    t.after(purge.stop)
    assert.deepEqual(await line.promise, [{ err: error }, 'what is over cannot be purged; trying again'])
  })

  for (const [random, earliest, latest] of [
    [0, 500, 501],
    [0.5, 1000, 1001],
    [0.999, 1499, 1500],
  ] as const) {
    it(`first looks between ${earliest} and ${latest} ms after its start, of 1000 between two rounds`, async t => {
      t.mock.timers.enable({ apis: ['setTimeout'] })
      const { calls } = world(t, { random: () => random }, 1000)
      t.mock.timers.tick(earliest - 1)
      for (let turns = 0; turns < 20; turns += 1) await null
      assert.deepEqual(calls, [])
      t.mock.timers.tick(latest - earliest + 1)
      for (let turns = 0; turns < 20; turns += 1) await null
      assert.deepEqual(calls, ['pending', 'ledger after nothing'])
    })
  }

  it('stops at once while it waits', async t => {
    const { stop, calls } = world(t, {}, NEVER_MS)
    await stop()
    assert.deepEqual(calls, [])
  })

  it('ends the batch it is at when it is stopped, and begins no other', async t => {
    const batch = Promise.withResolvers<{ userId: string; email: string }[]>()
    const { first, stop, calls, audited } = world(t, { purgePending: () => batch.promise })
    await first(1)
    let stopped = false
    const stopping = stop().then(() => {
      stopped = true
    })
    for (let turns = 0; turns < 20; turns += 1) await null
    assert.equal(stopped, false)
    batch.resolve(people(BATCH))
    await stopping
    assert.deepEqual(calls, ['pending'])
    assert.equal(audited.length, BATCH)
  })
})
