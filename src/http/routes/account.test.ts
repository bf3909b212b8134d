import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { basicAuth, PASSWORD } from '../../../test/support/client.ts'
import { useHttpWorld } from '../../../test/support/http-world.ts'
import { activeUser, pendingUser } from '../../../test/support/people.ts'
import { assertProblem } from '../../../test/support/problems.ts'
import { refuse } from '../../domain/refusals.ts'

const EMAIL = 'ada@example.com'
const INVALID = async () => refuse({ refusal: 'invalid_credentials' })
const code = (password = PASSWORD) => ({ headers: { authorization: basicAuth(EMAIL, password) } })

const world = useHttpWorld()
beforeEach(() => world.begin())

describe('GET /users/me', { timeout: 30_000 }, () => {
  const { id, email } = pendingUser
  const account = { id, email, created_at: '2026-01-31T12:00:00.000Z' }

  for (const [what, user, more] of [
    ['an active', activeUser, { is_active: true, activated_at: '2026-01-31T12:00:42.000Z' }],
    ['a pending', pendingUser, { is_active: false, activated_at: null }],
  ] as const) {
    it(`answers 200 with ${what} account`, async () => {
      world.begin({ authenticate: async () => ({ ok: true, user }) })
      const answer = await world.client.me(EMAIL)
      assert.equal(answer.status, 200)
      assert.deepEqual(answer.body, { ...account, ...more })
      assert.deepEqual(world.asked[0]?.slice(0, 2), ['authenticate', { email: EMAIL, password: PASSWORD }])
    })
  }

  it('answers 401 without credentials, and to wrong ones', async () => {
    world.begin({ authenticate: INVALID })
    assertProblem(await world.client.ask('GET', '/users/me'), 'invalid_credentials')
    assert.deepEqual(world.asked, [])
    assertProblem(await world.client.me(EMAIL), 'invalid_credentials')
  })
})

describe('GET /users/me/code', { timeout: 30_000 }, () => {
  it('answers 200 with how the code is doing', async () => {
    const answer = await world.client.ask('GET', '/users/me/code', code())
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.body, { length: 4, attempts_left: 2, expires_in: 41, resend_in: 11 })
    assert.deepEqual(world.asked[0]?.slice(0, 2), ['lookAtCode', { email: EMAIL, password: PASSWORD }])
  })

  it('answers null for the time that a code has left while its mail is on its way, 0 when it is over', async () => {
    for (const [expiresInSeconds, expires_in] of [
      [undefined, null],
      [0, 0],
    ] as const) {
      const status = { length: 4, attemptsLeft: 3, expiresInSeconds, resendInSeconds: 0 }
      world.begin({ lookAtCode: async () => ({ ok: true, code: status }) })
      const { body } = await world.client.ask('GET', '/users/me/code', code())
      assert.deepEqual(body, { length: 4, attempts_left: 3, expires_in, resend_in: 0 })
    }
  })

  it('answers 401 without credentials, and passes a refusal on', async () => {
    world.begin({ lookAtCode: async () => refuse({ refusal: 'already_active' }) })
    assertProblem(await world.client.ask('GET', '/users/me/code'), 'invalid_credentials')
    assertProblem(await world.client.ask('GET', '/users/me/code', code()), 'already_active')
  })
})
