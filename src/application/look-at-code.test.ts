import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { activeUser, CALLER, pendingUser } from '../../test/support/people.ts'
import { type Outcome, refuse } from '../domain/refusals.ts'
import type { User } from '../domain/user.ts'
import { type CodeStatus, lookAtCode } from './look-at-code.ts'

const CREDENTIALS = { email: 'ada@example.com', password: 'Correct-Horse-7' }
const CODE: CodeStatus = { length: 4, attemptsLeft: 2, expiresInSeconds: 41, resendInSeconds: 11 }
const INVALID = refuse({ refusal: 'invalid_credentials' })

const world = (authenticated: Outcome<{ user: User }>, code: CodeStatus | 'gone' = CODE) => {
  const asked: unknown[] = []
  const look = lookAtCode({
    authenticate: async (...input) => {
      asked.push(input)
      return authenticated
    },
    readCodeStatus: async user => {
      asked.push(user)
      return code === 'gone' ? undefined : code
    },
  })
  return { look, asked }
}

describe('lookAtCode', () => {
  it('tells the owner of a pending account how its code is doing', async () => {
    const { look, asked } = world({ ok: true, user: pendingUser })
    assert.deepEqual(await look(CREDENTIALS, CALLER), { ok: true, code: CODE })
    assert.deepEqual(asked, [[CREDENTIALS, CALLER], pendingUser])
  })

  it('answers already_active to the owner of an active account, and reads no code', async () => {
    const { look, asked } = world({ ok: true, user: activeUser })
    assert.deepEqual(await look(CREDENTIALS, CALLER), refuse({ refusal: 'already_active' }))
    assert.equal(asked.length, 1)
  })

  it('passes on why somebody was not let in, and reads no code', async () => {
    const { look, asked } = world(INVALID)
    assert.equal(await look(CREDENTIALS, CALLER), INVALID)
    assert.equal(asked.length, 1)
  })

  it('answers invalid_credentials when the registration is gone since the password was compared', async () => {
    const { look } = world({ ok: true, user: pendingUser }, 'gone')
    assert.deepEqual(await look(CREDENTIALS, CALLER), INVALID)
  })
})
