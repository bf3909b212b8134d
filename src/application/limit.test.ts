import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CALLER } from '../../test/support/people.ts'
import { loginFailuresPolicy } from '../domain/budget.ts'
import { rateLimited, refuse } from '../domain/refusals.ts'
import type { SecurityEvent } from './audit.ts'
import { noteLimit } from './limit.ts'

describe('noteLimit', () => {
  it('writes into the audit log which limit was hit, by whom, and for which address', () => {
    const audited: SecurityEvent[] = []
    const refused = rateLimited(loginFailuresPolicy(100), 7)
    const passedOn = noteLimit(event => audited.push(event), refused, CALLER, 'ada@example.com')
    assert.equal(passedOn, refused)
    assert.deepEqual(audited, [
      { event: 'limit_hit', limit: 'login_failures_per_address', email: 'ada@example.com', ...CALLER },
    ])
  })

  it('passes every other refusal on without a word', () => {
    const audited: SecurityEvent[] = []
    const refused = refuse({ refusal: 'email_taken' })
    assert.equal(
      noteLimit(event => audited.push(event), refused, CALLER, undefined),
      refused,
    )
    assert.deepEqual(audited, [])
  })
})
