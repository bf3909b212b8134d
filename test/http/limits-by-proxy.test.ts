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

const describeProxies = (trustProxy: string | undefined, test: (proxies: Proxies) => void) =>
  describe(`TRUST_PROXY=${trustProxy ?? ''}`, () => {
    let app: RunningApp
    before(async () => {
      app = await startApp({ database, env: trustProxy ? { TRUST_PROXY: trustProxy } : {} })
    })
    after(() => app.stop())
    test(proxiesBefore(() => app))
  })

type Proxies = ReturnType<typeof proxiesBefore>

const proxiesBefore = (running: () => RunningApp) => {
  const fail = (email: string, forwarded: Forwarded, correlationId: string) => {
    const headers = [
      `Authorization: ${basicAuth(email)}`,
      `X-Correlation-Id: ${correlationId}`,
      ...[forwarded ?? []].flat().map(value => `X-Forwarded-For: ${value}`),
    ]
    return sendRaw(running().url, request('GET /users/me HTTP/1.1', headers))
  }

  /** The network that a request is counted against, as the audit log names it. */
  const networkOf = async (forwarded: Forwarded): Promise<unknown> => {
    const id = randomUUID()
    assertProblem(await fail(newAddress(), forwarded, id), 'invalid_credentials')
    const line = await running().logLine({ audit: 'credentials_refused', correlation_id: id })
    return line.network
  }

  const share = async (one: Forwarded, other: Forwarded): Promise<boolean> =>
    (await networkOf(one)) === (await networkOf(other))

  return {
    /** Adds a test that each header is counted as this network. */
    counts: (network: string, ...headers: Forwarded[]) => {
      for (const header of headers) {
        it(`counts ${JSON.stringify(header) ?? 'a request without the header'} as ${network}`, async () => {
          assert.equal(await networkOf(header), network)
        })
      }
    },
    sharing: (one: Forwarded, other: Forwarded) =>
      it(`gives ${JSON.stringify(one)} and ${JSON.stringify(other)} one budget`, async () => {
        assert.equal(await share(one, other), true)
      }),
    apart: (one: Forwarded, other: Forwarded) =>
      it(`gives ${JSON.stringify(one)} and ${JSON.stringify(other)} a budget each`, async () => {
        assert.equal(await share(one, other), false)
      }),
  }
}

for (const unset of [undefined, 'false', '0']) {
  describeProxies(unset, ({ counts, sharing }) => {
    counts(SOCKET, undefined, '192.0.2.1', ['192.0.2.1', '198.51.100.1'])
    sharing('192.0.2.1', '198.51.100.1')
    sharing('192.0.2.1', undefined)
  })
}

describeProxies('1', ({ counts, sharing, apart }) => {
  counts('192.0.2.0/24', '192.0.2.1', '198.51.100.1, 192.0.2.1', ['198.51.100.1', '192.0.2.1'])
  counts('192.0.2.0/24', '192.0.2.1:4711', ' 192.0.2.1 ', '::ffff:192.0.2.1', '::ffff:c000:201')
  counts('192.0.2.0/24', '[::ffff:192.0.2.1]:4711', '::FFFF:C000:201', '0:0:0:0:0:ffff:c000:201')
  counts('2001:db8:0:1::/64', '2001:db8:0:1::1', '2001:DB8:0:1:ffff:ffff:ffff:ffff', '[2001:db8:0:1::1]')
  counts('2001:db8:0:1::/64', '[2001:db8:0:1::1]:4711', '192.0.2.1, 2001:0db8::1:0:0:0:1')
  counts(SOCKET, undefined, '', ',', 'unknown', '_hidden', '999.0.2.1', '192.0.2.1:', '192.0.2.0/24')
  counts(SOCKET, '192.0.2.1, junk', 'for=192.0.2.1', '2001:db8::1::2', '1'.repeat(40))

  sharing('203.0.113.1, 192.0.2.1', '198.51.100.1, 192.0.2.1')
  sharing(['203.0.113.1', '192.0.2.1'], '192.0.2.1')
  sharing('192.0.2.0', '192.0.2.255')
  apart('192.0.2.255', '192.0.3.0')
  apart('192.0.2.1', '198.51.100.1')
  sharing('2001:db8:0:1::', '2001:db8:0:1:ffff:ffff:ffff:ffff')
  apart('2001:db8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:2::')
  sharing('192.0.2.1', '::ffff:192.0.2.1')
  sharing('192.0.2.1', '::ffff:c000:201')
  apart('::ffff:192.0.2.1', '::ffff:192.0.3.1')
  sharing('unknown', undefined)
})

describeProxies('2', ({ counts, sharing, apart }) => {
  counts('192.0.2.0/24', '192.0.2.1, 10.0.0.1', '203.0.113.1, 192.0.2.1, 10.0.0.1', ['192.0.2.1', '10.0.0.1'])
  counts('192.0.2.0/24', '192.0.2.1')
  counts(SOCKET, undefined, 'unknown, 10.0.0.1')
  sharing('203.0.113.1, 192.0.2.1, 10.0.0.1', '198.51.100.1, 192.0.2.1, 10.0.0.2')
  apart('192.0.2.1, 10.0.0.1', '198.51.100.1, 10.0.0.1')
})

describeProxies('127.0.0.0/8,10.0.0.0/8', ({ counts, sharing, apart }) => {
  counts('192.0.2.0/24', '192.0.2.1', '203.0.113.1, 192.0.2.1', '203.0.113.1, 192.0.2.1, 10.1.2.3')
  counts('192.0.2.0/24', '203.0.113.1, 192.0.2.1, 10.1.2.3, 10.3.2.1', ['203.0.113.1, 192.0.2.1', '10.1.2.3'])
  counts('192.0.2.0/24', '203.0.113.1, 192.0.2.1, ::ffff:10.1.2.3')
  counts('10.1.2.0/24', '10.1.2.3')
  counts(SOCKET, undefined, '203.0.113.1, junk', '203.0.113.1, unknown, 10.1.2.3')
  sharing('203.0.113.1, 192.0.2.1', '198.51.100.1, 192.0.2.1')
  apart('192.0.2.1', '198.51.100.1')
})

describeProxies('10.0.0.0/8', ({ counts, sharing }) => {
  counts(SOCKET, undefined, '192.0.2.1', '192.0.2.1, 10.1.2.3')
  sharing('192.0.2.1', '198.51.100.1')
})

describeProxies('true', ({ counts, sharing, apart }) => {
  counts('192.0.2.0/24', '192.0.2.1', '192.0.2.1, 198.51.100.1, 203.0.113.1', ['192.0.2.1', '198.51.100.1'])
  counts(SOCKET, undefined, 'unknown, 192.0.2.1')
  sharing('192.0.2.1, 198.51.100.1', '192.0.2.1, 203.0.113.1')
  apart('192.0.2.1, 203.0.113.1', '198.51.100.1, 203.0.113.1')
})

describe('a budget of one registration', () => {
  const register = (app: RunningApp, forwarded: string) => {
    const body = JSON.stringify({ email: newAddress(), password: PASSWORD })
    const headers = ['Content-Type: application/json', `X-Forwarded-For: ${forwarded}`]
    return sendRaw(app.url, request('POST /users HTTP/1.1', headers, body))
  }

  for (const [trustProxy, otherNetwork] of [
    ['false', 429],
    ['1', 201],
  ] as const) {
    it(`answers a client that names another network with ${otherNetwork} for TRUST_PROXY=${trustProxy}`, async () => {
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
