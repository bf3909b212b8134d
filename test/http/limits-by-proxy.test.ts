import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import { basicAuth, newAddress, PASSWORD } from '../support/client.ts'
import { createDatabase } from '../support/database.ts'
import { assertProblem } from '../support/problems.ts'
import { request, sendRaw } from '../support/raw-http.ts'

const SOCKET = '127.0.0.0/24'

const database = await createDatabase()
after(database.drop)

/** An `X-Forwarded-For`, none, or several of them. */
type Forwarded = string | string[] | undefined

/** What is counted as which network, and which two requests are counted together or apart. */
type Behind = {
  trustProxy: string | undefined
  counted: [network: string, ...forwarded: Forwarded[]][]
  together?: [one: Forwarded, other: Forwarded][]
  apart?: [one: Forwarded, other: Forwarded][]
}

const nothingTrusted: Omit<Behind, 'trustProxy'> = {
  counted: [[SOCKET, undefined, '192.0.2.1', ['192.0.2.1', '198.51.100.1']]],
  together: [
    ['192.0.2.1', '198.51.100.1'],
    ['192.0.2.1', undefined],
  ],
}

const PROXIES: Behind[] = [
  { trustProxy: undefined, ...nothingTrusted },
  { trustProxy: 'false', ...nothingTrusted },
  { trustProxy: '0', ...nothingTrusted },
  {
    trustProxy: '1',
    counted: [
      ['192.0.2.0/24', '192.0.2.1', '198.51.100.1, 192.0.2.1', ['198.51.100.1', '192.0.2.1']],
      ['192.0.2.0/24', '192.0.2.1:4711', ' 192.0.2.1 ', '::ffff:192.0.2.1', '::ffff:c000:201'],
      ['192.0.2.0/24', '[::ffff:192.0.2.1]:4711', '::FFFF:C000:201', '0:0:0:0:0:ffff:c000:201'],
      ['2001:db8:0:1::/64', '2001:db8:0:1::1', '2001:DB8:0:1:ffff:ffff:ffff:ffff', '[2001:db8:0:1::1]'],
      ['2001:db8:0:1::/64', '[2001:db8:0:1::1]:4711', '192.0.2.1, 2001:0db8::1:0:0:0:1'],
      [SOCKET, undefined, '', ',', 'unknown', '_hidden', '999.0.2.1', '192.0.2.1:', '192.0.2.0/24'],
      [SOCKET, '192.0.2.1, junk', 'for=192.0.2.1', '2001:db8::1::2', '1'.repeat(40)],
    ],
    together: [
      ['203.0.113.1, 192.0.2.1', '198.51.100.1, 192.0.2.1'],
      [['203.0.113.1', '192.0.2.1'], '192.0.2.1'],
      ['192.0.2.0', '192.0.2.255'],
      ['2001:db8:0:1::', '2001:db8:0:1:ffff:ffff:ffff:ffff'],
      ['192.0.2.1', '::ffff:192.0.2.1'],
      ['192.0.2.1', '::ffff:c000:201'],
      ['unknown', undefined],
    ],
    apart: [
      ['192.0.2.255', '192.0.3.0'],
      ['192.0.2.1', '198.51.100.1'],
      ['2001:db8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:2::'],
      ['::ffff:192.0.2.1', '::ffff:192.0.3.1'],
    ],
  },
  {
    trustProxy: '2',
    counted: [
      ['192.0.2.0/24', '192.0.2.1, 10.0.0.1', '203.0.113.1, 192.0.2.1, 10.0.0.1', ['192.0.2.1', '10.0.0.1']],
      ['192.0.2.0/24', '192.0.2.1'],
      [SOCKET, undefined, 'unknown, 10.0.0.1'],
    ],
    together: [['203.0.113.1, 192.0.2.1, 10.0.0.1', '198.51.100.1, 192.0.2.1, 10.0.0.2']],
    apart: [['192.0.2.1, 10.0.0.1', '198.51.100.1, 10.0.0.1']],
  },
  {
    trustProxy: '127.0.0.0/8,10.0.0.0/8',
    counted: [
      ['192.0.2.0/24', '192.0.2.1', '203.0.113.1, 192.0.2.1', '203.0.113.1, 192.0.2.1, 10.1.2.3'],
      ['192.0.2.0/24', '203.0.113.1, 192.0.2.1, 10.1.2.3, 10.3.2.1', ['203.0.113.1, 192.0.2.1', '10.1.2.3']],
      ['192.0.2.0/24', '203.0.113.1, 192.0.2.1, ::ffff:10.1.2.3'],
      ['10.1.2.0/24', '10.1.2.3'],
      [SOCKET, undefined, '203.0.113.1, junk', '203.0.113.1, unknown, 10.1.2.3'],
    ],
    together: [['203.0.113.1, 192.0.2.1', '198.51.100.1, 192.0.2.1']],
    apart: [['192.0.2.1', '198.51.100.1']],
  },
  {
    trustProxy: '10.0.0.0/8',
    counted: [[SOCKET, undefined, '192.0.2.1', '192.0.2.1, 10.1.2.3']],
    together: [['192.0.2.1', '198.51.100.1']],
  },
  {
    trustProxy: 'true',
    counted: [
      ['192.0.2.0/24', '192.0.2.1', '192.0.2.1, 198.51.100.1, 203.0.113.1', ['192.0.2.1', '198.51.100.1']],
      [SOCKET, undefined, 'unknown, 192.0.2.1'],
    ],
    together: [['192.0.2.1, 198.51.100.1', '192.0.2.1, 203.0.113.1']],
    apart: [['192.0.2.1, 203.0.113.1', '198.51.100.1, 203.0.113.1']],
  },
]

for (const { trustProxy, counted, together = [], apart = [] } of PROXIES) {
  describe(`the network of a request, with TRUST_PROXY=${trustProxy ?? ''}`, () => {
    let app: RunningApp
    before(async () => {
      app = await startApp({ database, env: trustProxy ? { TRUST_PROXY: trustProxy } : {} })
    })
    after(() => app.stop())

    /** The network that a request is counted against, as the audit log names it. */
    const networkOf = async (forwarded: Forwarded): Promise<unknown> => {
      const id = randomUUID()
      assertProblem(await failLogin(app, forwarded, id), 'invalid_credentials')
      const line = await app.logLine({ audit: 'credentials_refused', correlation_id: id })
      return line.network
    }

    for (const [network, ...headers] of counted) {
      for (const header of headers) {
        it(`is ${network} for X-Forwarded-For: ${JSON.stringify(header) ?? '(none)'}`, async () =>
          assert.equal(await networkOf(header), network))
      }
    }
    for (const [one, other] of together) {
      it(`is the same for X-Forwarded-For: ${JSON.stringify(one)} and ${JSON.stringify(other) ?? 'none'}`, async () =>
        assert.equal(await networkOf(one), await networkOf(other)))
    }
    for (const [one, other] of apart) {
      it(`is another for X-Forwarded-For: ${JSON.stringify(one)} than for ${JSON.stringify(other)}`, async () =>
        assert.notEqual(await networkOf(one), await networkOf(other)))
    }
  })
}

const failLogin = (app: RunningApp, forwarded: Forwarded, correlationId: string) => {
  const headers = [
    `Authorization: ${basicAuth(newAddress())}`,
    `X-Correlation-Id: ${correlationId}`,
    ...[forwarded ?? []].flat().map(value => `X-Forwarded-For: ${value}`),
  ]
  return sendRaw(app.url, request('GET /users/me HTTP/1.1', headers))
}

describe('a network with a limit of one registration', () => {
  const register = (app: RunningApp, forwarded: string) => {
    const body = JSON.stringify({ email: newAddress(), password: PASSWORD })
    const headers = ['Content-Type: application/json', `X-Forwarded-For: ${forwarded}`]
    return sendRaw(app.url, request('POST /users HTTP/1.1', headers, body))
  }

  for (const [trustProxy, otherNetwork] of [
    ['false', 429],
    ['1', 201],
  ] as const) {
    it(`gets ${otherNetwork} for a second one under another X-Forwarded-For, with TRUST_PROXY=${trustProxy}`, async () => {
      const env = { LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR: '1', TRUST_PROXY: trustProxy }
      const app = await startApp({ database, env })
      try {
        assert.equal((await register(app, '192.0.2.1'))?.status, 201)
        assertProblem(await register(app, '192.0.2.255'), 'rate_limited')
        assert.equal((await register(app, '198.51.100.1'))?.status, otherNetwork)
      } finally {
        await app.stop()
      }
    })
  }
})
