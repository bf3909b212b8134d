import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Unavailable } from '../../domain/refusals.ts'
import type { Database } from './database.ts'
import { databaseClock } from './database-clock.ts'

/** A clock whose database answers what the test says, when it says so, while the monotonic clock stands still. */
const world = async (t: TestContext) => {
  let monotonicMs = 5000
  t.mock.method(performance, 'now', () => monotonicMs)
  const asked: PromiseWithResolvers<{ now: Date }[]>[] = []
  const query = () => {
    const answer = Promise.withResolvers<{ now: Date }[]>()
    asked.push(answer)
    return answer.promise
  }
  const answer = async (nth: number, now: string | Error): Promise<void> => {
    if (now instanceof Error) asked[nth]?.reject(now)
    else asked[nth]?.resolve([{ now: new Date(now) }])
    await new Promise(setImmediate)
  }
  const opening = databaseClock({ query } as unknown as Database)
  await answer(0, '2030-01-01T12:00:00Z')
  const clock = await opening
  return {
    asked,
    answer,
    now: () => clock().toISOString(),
    pass: (seconds: number): void => {
      monotonicMs += seconds * 1000
    },
  }
}

describe('databaseClock', () => {
  it('has the time of the database, and goes on by itself', async t => {
    const { now, pass, asked } = await world(t)
    assert.equal(now(), '2030-01-01T12:00:00.000Z')
    pass(59.5)
    assert.equal(now(), '2030-01-01T12:00:59.500Z')
    assert.equal(asked.length, 1)
  })

  it('asks again after a minute, once for all who look, who do not wait for it', async t => {
    const { now, pass, asked, answer } = await world(t)
    pass(61)
    assert.equal(now(), '2030-01-01T12:01:01.000Z')
    assert.equal(now(), '2030-01-01T12:01:01.000Z')
    assert.equal(asked.length, 2)
    await answer(1, '2030-01-01T12:01:03Z')
    assert.equal(now(), '2030-01-01T12:01:03.000Z')
    pass(10)
    assert.equal(now(), '2030-01-01T12:01:13.000Z')
    assert.equal(asked.length, 2)
  })

  it('goes on from what it knew while the database is away, and asks again', async t => {
    const { now, pass, asked, answer } = await world(t)
    pass(61)
    now()
    await answer(1, new Unavailable('the database cannot answer'))
    assert.equal(now(), '2030-01-01T12:01:01.000Z')
    assert.equal(asked.length, 3)
    await answer(2, '2030-01-01T13:00:00Z')
    assert.equal(now(), '2030-01-01T13:00:00.000Z')
  })
})
