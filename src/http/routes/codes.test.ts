import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { basicAuth, PASSWORD } from '../../../test/support/client.ts'
import { useHttpWorld } from '../../../test/support/http-world.ts'
import { assertInvalid, assertProblem } from '../../../test/support/problems.ts'
import { loginFailuresPolicy } from '../../domain/budget.ts'
import { rateLimited, refuse } from '../../domain/refusals.ts'

const EMAIL = 'ada@example.com'
const CREDENTIALS = { email: EMAIL, password: PASSWORD }
const WITH_CREDENTIALS = { authorization: basicAuth(EMAIL) }

/** What a use case was asked, without the signal that no two requests share. */
const withoutCaller = (input: unknown) => {
  const { caller, ...typed } = input as { caller: { network: string } }
  assert.equal(caller.network, '127.0.0.0/24')
  return typed
}

const world = useHttpWorld()
beforeEach(() => world.begin())

describe('POST /users/activate', { timeout: 30_000 }, () => {
  it('answers 200 to the right code', async () => {
    const answer = await world.client.activate(EMAIL, '0042')
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.body, { message: 'Account activated successfully' })
    const [useCase, input] = world.asked[0] ?? []
    assert.equal(useCase, 'activate')
    assert.deepEqual(withoutCaller(input), { credentials: CREDENTIALS, code: '0042' })
  })

  it('answers 422 to what could be no code, and counts no guess', async () => {
    assertInvalid(await world.client.activate(EMAIL, '12'), '/code code_format')
    assertInvalid(await world.client.activate(EMAIL, 1234), '/code type')
    const body = { code: '1234', email: EMAIL }
    const more = await world.client.ask('POST', '/users/activate', { body, headers: WITH_CREDENTIALS })
    assertInvalid(more, '/email unknown_field')
    assert.deepEqual(world.asked, [])
  })

  it('answers 400 malformed_body without a body', async () => {
    const answer = await world.client.ask('POST', '/users/activate', { headers: WITH_CREDENTIALS })
    assertProblem(answer, 'malformed_body')
  })

  it('answers 401 without credentials, before it looks at the body', async () => {
    for (const authorization of ['', 'Bearer x', 'Basic !']) {
      const answer = await world.client.ask('POST', '/users/activate', {
        body: {},
        headers: { authorization },
      })
      assertProblem(answer, 'invalid_credentials')
    }
    assert.deepEqual(world.asked, [])
  })

  it('passes refusals on, with how many guesses are left, and how long to wait for which limit', async () => {
    const outcomes = [
      refuse({ refusal: 'wrong_code', attemptsLeft: 2 }),
      refuse({ refusal: 'expired_code' }),
      rateLimited(loginFailuresPolicy(100), 77),
    ]
    world.begin({ activate: async () => outcomes.shift() ?? refuse({ refusal: 'already_active' }) })
    assertProblem(await world.client.activate(EMAIL, '0042'), 'wrong_code', { attempts_left: 2 })
    const expired = await world.client.activate(EMAIL, '0042')
    assertProblem(expired, 'expired_code')
    for (const name of ['retry-after', 'ratelimit', 'ratelimit-policy', 'www-authenticate']) {
      assert.equal(expired.headers.get(name), null)
    }
    const limited = await world.client.activate(EMAIL, '0042')
    assertProblem(limited, 'rate_limited')
    assert.equal(limited.headers.get('retry-after'), '77')
    assert.equal(limited.headers.get('ratelimit-policy'), '"login_failures_per_address";q=100;w=86400')
    assert.equal(limited.headers.get('ratelimit'), '"login_failures_per_address";r=0;t=77')
    assertProblem(await world.client.activate(EMAIL, '0042'), 'already_active')
  })
})

describe('POST /users/resend-code', { timeout: 30_000 }, () => {
  it('answers 202 with the time until the next one, without a body or with an empty one', async () => {
    for (const options of [{}, { body: {} }]) {
      const answer = await world.client.ask('POST', '/users/resend-code', {
        ...options,
        headers: WITH_CREDENTIALS,
      })
      assert.equal(answer.status, 202)
      assert.deepEqual(answer.body, { message: 'A new code is on its way', retry_after: 30 })
    }
    const [useCase, input] = world.asked[0] ?? []
    assert.equal(useCase, 'resend')
    assert.deepEqual(withoutCaller(input), { credentials: CREDENTIALS })
  })

  it('answers 422 to any field', async () => {
    const body = { code: '1234' }
    const answer = await world.client.ask('POST', '/users/resend-code', { body, headers: WITH_CREDENTIALS })
    assertInvalid(answer, '/code unknown_field')
    assert.deepEqual(world.asked, [])
  })

  it('passes a refusal on', async () => {
    const resend = async () => refuse({ refusal: 'already_active' })
    world.begin({ resend })
    assertProblem(await world.client.resend(EMAIL), 'already_active')
  })
})
