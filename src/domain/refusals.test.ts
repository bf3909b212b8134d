import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loginFailuresPolicy } from './budget.ts'
import { limitedFor, overloaded, rateLimited, refuse, Unavailable } from './refusals.ts'

const LIMIT = loginFailuresPolicy(100)

describe('a refusal', () => {
  it('is no success, and keeps what belongs to it', () => {
    assert.deepEqual(refuse({ refusal: 'wrong_code', attemptsLeft: 2 }), {
      ok: false,
      refusal: 'wrong_code',
      attemptsLeft: 2,
    })
  })

  it('by a limit names the limit and the time to wait', () => {
    const refused = { ok: false, refusal: 'rate_limited', limit: LIMIT, retryAfterSeconds: 7 }
    assert.deepEqual(rateLimited(LIMIT, 7), refused)
    assert.deepEqual(limitedFor(LIMIT, 7), refused)
  })

  it('by a limit needs something to wait for', () => {
    assert.equal(limitedFor(LIMIT, 0), undefined)
    assert.equal(limitedFor(LIMIT, 0.1)?.refusal, 'rate_limited')
  })

  it('for overload spreads those who come back over one to four seconds', () => {
    const refused = (retryAfterSeconds: number) => refuse({ refusal: 'overloaded', retryAfterSeconds })
    assert.deepEqual([0, 0.3, 0.6, 0.999].map(overloaded), [1, 2, 3, 4].map(refused))
  })
})

describe('Unavailable', () => {
  it('asks for a second of patience, or as much as its dependency wants', () => {
    assert.equal(new Unavailable('no database').retryAfterSeconds, 1)
    assert.equal(new Unavailable('no database', { retryAfterSeconds: 30 }).retryAfterSeconds, 30)
  })

  it('goes by its name, and keeps its cause', () => {
    const cause = new Error('ECONNREFUSED')
    const error = new Unavailable('no database', { cause })
    assert.equal(`${error}`, 'Unavailable: no database')
    assert.equal(error.cause, cause)
  })
})
