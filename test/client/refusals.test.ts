import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type Answer,
  type Client,
  createClient,
  type Problem,
  type ProblemCode,
} from '../../client/src/client.ts'
import { refuse, Unavailable } from '../../src/domain/refusals.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import { basicAuth, newAddress, PASSWORD } from '../support/client.ts'
import { STATUS_OF } from '../support/problems.ts'
import { request, sendRaw } from '../support/raw-http.ts'
import { exhaust, letTimePass, otherThan, signUp, signUpActive } from '../support/sign-up.ts'

type AnyAnswer = Answer<keyof Client>

const somebody = () => ({ email: newAddress(), password: PASSWORD })

describe('the client of a service that refuses', { timeout: 60_000 }, () => {
  let app: RunningApp
  let client: Client
  let late: Promise<AnyAnswer>
  before(async () => {
    app = await startApp()
    client = createClient({ url: app.url })
    late = broken(
      request('POST /users HTTP/1.1', ['Content-Type: application/json', 'Content-Length: 9']),
    ).register(somebody())
  })
  after(() => app.stop())

  /** A client between which and the service somebody changes requests. */
  const changed = (change: RequestInit) =>
    createClient({ url: app.url, fetch: (url, init) => fetch(url, { ...init, ...change }) })

  /** One whose requests come as something that `fetch` would not send. */
  const broken = (bytes: Buffer | string) =>
    createClient({
      url: app.url,
      fetch: async () => {
        const { status, headers, body } = (await sendRaw(app.url, bytes)) ?? assert.fail('no answer')
        return new Response(JSON.stringify(body), { status, headers })
      },
    })

  /** What is said by a service whose hashes end like this. */
  const whenHashing = async (hash: () => Promise<ReturnType<typeof refuse>>): Promise<AnyAnswer> => {
    const troubled = await startApp({ standIns: { hashing: { hashPassword: hash, verifyPassword: hash } } })
    try {
      return await createClient({ url: troubled.url }).account(somebody())
    } finally {
      await troubled.stop()
    }
  }

  /** How each problem that the client has a type for comes about. Does not compile while one is missing. */
  const causes: { [code in ProblemCode]: () => Promise<AnyAnswer> } = {
    malformed_body: () => changed({ body: 'no object' }).register(somebody()),
    bad_request: () => broken('POST /users HTTP/1.1\r\n\r\n').register(somebody()),
    duplicate_header: () => {
      const authorization = `Authorization: ${basicAuth(newAddress())}`
      return broken(request('GET /users/me HTTP/1.1', [authorization, authorization])).account(somebody())
    },
    request_timeout: () => late,
    invalid_credentials: () => client.account(somebody()),
    email_taken: async () => client.register(await signUp(app)),
    already_active: async () => client.codeStatus(await signUpActive(app)),
    body_too_large: () => client.register({ ...somebody(), password: 'x'.repeat(9000) }),
    unsupported_media_type: () => changed({ headers: { 'content-type': 'text/plain' } }).register(somebody()),
    validation_failed: () => client.register({ email: 'ada@localhost', password: 'tiny-hat' }),
    wrong_code: async () => {
      const person = await signUp(app)
      return client.activate(person, otherThan(person.code))
    },
    expired_code: async () => {
      const person = await signUp(app)
      await letTimePass(app, 61)
      return client.activate(person, person.code)
    },
    exhausted_code: async () => {
      const person = await signUp(app)
      await exhaust(app, person)
      return client.activate(person, person.code)
    },
    rate_limited: async () => client.resendCode(await signUp(app)),
    headers_too_large: () => client.account(somebody(), { headers: { 'x-long': 'x'.repeat(16_400) } }),
    internal_error: () => whenHashing(() => Promise.reject(new Error('the inside story'))),
    overloaded: () => whenHashing(async () => refuse({ refusal: 'overloaded', retryAfterSeconds: 3 })),
    unavailable: () => whenHashing(() => Promise.reject(new Unavailable('away', { retryAfterSeconds: 2 }))),
  }

  for (const [code, cause] of Object.entries(causes)) {
    it(`answers ${code} with its document`, async () => {
      const { problem } = refused(await cause())
      assert.equal(problem.code, code)
      assert.equal(problem.status, STATUS_OF[problem.code])
      assert.equal(problem.type, `http://localhost:8000/problems/${code}`)
      for (const text of [problem.title, problem.detail, problem.correlation_id]) assert.match(text, /./)
      assert.equal('retryAfterSeconds' in problem, [429, 503].includes(problem.status))
    })
  }

  // What is read here without asking whether it is there has to compile, too.
  it('has what goes with a problem, once its code is known', async () => {
    const about = async (code: ProblemCode) => detailOf(refused(await causes[code]()).problem)
    assert.equal(await about('wrong_code'), '2 left')
    assert.equal(
      await about('validation_failed'),
      '/email email_domain, /password password_too_short, /password password_upper_case',
    )
    assert.match(await about('rate_limited'), /^([1-9]|[12]\d|30) s$/)
    assert.equal(await about('overloaded'), '3 s')
    assert.equal(await about('unavailable'), '2 s')
  })
})

const refused = (answer: AnyAnswer) => {
  assert.ok(!answer.ok)
  return answer
}

const detailOf = (problem: Problem): string => {
  switch (problem.code) {
    case 'wrong_code':
      return `${problem.attempts_left} left`
    case 'validation_failed':
      return problem.errors.map(({ pointer, rule }) => `${pointer} ${rule}`).join(', ')
    case 'rate_limited':
    case 'overloaded':
    case 'unavailable':
      return `${problem.retryAfterSeconds} s`
    default:
      return problem.detail
  }
}
