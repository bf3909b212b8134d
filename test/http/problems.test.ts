import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { PROBLEMS } from '../../src/http/problems.ts'
import { startApp } from '../support/app.ts'
import { createClient, newAddress } from '../support/client.ts'
import { assertProblem, STATUS_OF } from '../support/problems.ts'
import { request, sendRaw } from '../support/raw-http.ts'

const app = await startApp()
const client = createClient(app.url)
after(() => app.stop())

describe('the table of problems', () => {
  it('gives each code the status of the contract', () => {
    const statuses = Object.fromEntries(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]))
    assert.deepEqual(statuses, STATUS_OF)
  })
})

describe('GET /problems/{code}', () => {
  it('answers 200 with an HTML page of its own for every problem', async () => {
    const pages = new Set<unknown>()
    for (const [code, status] of Object.entries(STATUS_OF)) {
      const { status: answered, headers, body } = await client.ask('GET', `/problems/${code}`)
      assert.equal(answered, 200)
      assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
      assert.match(String(body.text), new RegExp(`<code>${code}</code> · HTTP status ${status}`))
      pages.add(body.text)
    }
    assert.equal(pages.size, Object.keys(STATUS_OF).length)
  })

  it('answers 404 not_found for an unknown code', async () => {
    for (const code of ['nothing', 'WRONG_CODE', '__proto__', 'constructor', '%00', 'a'.repeat(500)]) {
      assertProblem(await client.ask('GET', `/problems/${code}`), 'not_found')
    }
  })
})

describe('an unknown path or method', () => {
  it('gets 404 not_found for the path, which the answer does not repeat', async () => {
    for (const path of [
      '/s3cret',
      '/users/s3cret?q=s3cret',
      '/users/',
      '/USERS',
      '/s3cret%20%3Cb%3E',
      '/%ff/s3cret',
    ]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const answer = await client.ask(method, path)
        assertProblem(answer, 'not_found')
        assert.doesNotMatch(JSON.stringify([answer.body, ...answer.headers]), /s3cret|USERS/)
      }
    }
  })

  it('gets 405 method_not_allowed for the method, with the allowed ones in Allow', async () => {
    const allowed: [path: string, ...methods: string[]][] = [
      ['/users?q=s3cret', 'POST'],
      ['/users/activate', 'POST'],
      ['/users/resend-code', 'POST'],
      ['/users/me', 'GET', 'HEAD'],
      ['/health/live', 'GET', 'HEAD'],
      ['/health/ready', 'GET', 'HEAD'],
      ['/problems/wrong_code', 'GET', 'HEAD'],
      ['/openapi.json', 'GET', 'HEAD'],
    ]
    for (const [path, ...methods] of allowed) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter(
        m => !methods.includes(m),
      )) {
        const answer = await client.ask(method, path)
        assertProblem(answer, 'method_not_allowed')
        assert.deepEqual(answer.headers.get('allow')?.split(', ').sort(), methods)
        assert.doesNotMatch(JSON.stringify([answer.body, ...answer.headers]), /s3cret/)
      }
    }
  })

  it('gets 405 method_not_allowed or 404 not_found for TRACE, which repeats nothing of the request', async () => {
    for (const [path, code] of [
      ['/health/live', 'method_not_allowed'],
      ['/users/me', 'method_not_allowed'],
      ['/nothing', 'not_found'],
    ] as const) {
      const answer = await sendRaw(app.url, request(`TRACE ${path} HTTP/1.1`, ['Cookie: s3cret']))
      assertProblem(answer, code)
      assert.doesNotMatch(JSON.stringify([answer?.body, ...(answer?.headers ?? [])]), /s3cret/)
    }
  })

  it('does not include HEAD, which gets the answer of GET without its body', async () => {
    for (const path of ['/health/live', '/problems/wrong_code', '/openapi.json']) {
      const { status, body } = await client.ask('HEAD', path)
      assert.equal(status, 200, path)
      assert.deepEqual(body, { text: '' })
    }
  })
})

describe('the type of a problem', () => {
  it('is the URL of its page under PUBLIC_URL', async () => {
    const app = await startApp({ env: { PUBLIC_URL: 'https://sign-up.example/base/' } })
    try {
      const { body } = await createClient(app.url).me(newAddress())
      assert.equal(body.type, 'https://sign-up.example/base/problems/invalid_credentials')
    } finally {
      await app.stop()
    }
  })
})
