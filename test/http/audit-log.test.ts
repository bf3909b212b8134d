import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { startPurge } from '../../src/application/purge.ts'
import { auditLog } from '../../src/infrastructure/audit-log.ts'
import { addressHash } from '../../src/infrastructure/crypto/keyring.ts'
import { openDatabase } from '../../src/infrastructure/postgres/database.ts'
import { provideLedgerKey } from '../../src/infrastructure/postgres/ledger-key.ts'
import { type RunningApp, startApp, TEST_SECRET_KEY } from '../support/app.ts'
import { type Answer, basicAuth, createClient, newAddress, PASSWORD } from '../support/client.ts'
import { createDatabase } from '../support/database.ts'
import { statementsOn } from '../support/fixtures.ts'
import { assertProblem } from '../support/problems.ts'
import { letTimePass, otherThan, settledCode } from '../support/sign-up.ts'

const NETWORK = '192.0.2.0/24'
const WRONG = 'Wrong-Horse-7'

const database = await createDatabase()
const ledger = openDatabase({ url: database.url, poolMax: 1, timeoutMs: 20_000, log: { warn: () => {} } })
/** The hash that names an address in the ledger, and nowhere else but in the audit log. */
const hashAddress = addressHash(await provideLedgerKey(ledger, TEST_SECRET_KEY, undefined))
after(async () => {
  await ledger.close()
  await database.drop()
})

const TRUSTING = { TRUST_PROXY: '1' }

/** Asks from one network, under a new correlation id, and tells the audit lines that this left, in order. */
const ask = async (app: RunningApp, method: string, path: string, email: string, said: Said = {}) => {
  const { password = PASSWORD, body } = said
  const correlationId = randomUUID()
  const answer = await createClient(app.url).ask(method, path, {
    ...(body !== undefined && { body }),
    headers: {
      authorization: basicAuth(email, password),
      'x-correlation-id': correlationId,
      'x-forwarded-for': '192.0.2.7',
    },
  })
  await app.logLine({ correlation_id: correlationId, msg: 'request' })
  return { answer, correlationId, audited: () => auditedBy(app, correlationId) }
}
type Said = { password?: string; body?: object }

const register = (app: RunningApp, email: string, password = PASSWORD) =>
  ask(app, 'POST', '/users', email, { body: { email, password } })
const activate = (app: RunningApp, email: string, code: string, password = PASSWORD) =>
  ask(app, 'POST', '/users/activate', email, { body: { code }, password })

/** The audit lines with a correlation id, without what the log adds to every line. */
const auditedBy = (app: RunningApp, correlationId: string) =>
  app.logged
    .filter(line => 'audit' in line && line.correlation_id === correlationId)
    .map(({ level, time, msg, correlation_id, ...rest }) => {
      assert.equal(msg, 'security event')
      return rest
    })

const addressOf = (email: string): string => hashAddress(email).toString('hex')

describe('the audit log', () => {
  let app: RunningApp
  before(async () => {
    app = await startApp({ database, env: TRUSTING })
  })
  after(() => app.stop())

  /** Registers someone whose code is settled. */
  const someone = async () => {
    const email = newAddress()
    const { answer, correlationId } = await register(app, email)
    assert.equal(answer.status, 201)
    const who = { address: addressOf(email), user_id: answer.body.id }
    return { email, who, correlationId, code: await settledCode(app, email) }
  }

  it('has "registered" for a registration, and "code_sent" once its mail is accepted', async () => {
    const { who, correlationId } = await someone()
    await app.logLine({ audit: 'code_sent', correlation_id: correlationId })
    assert.deepEqual(auditedBy(app, correlationId), [
      { audit: 'registered', ...who, network: NETWORK },
      { audit: 'code_sent', ...who },
    ])
  })

  it('names an address by the keyed hash that the ledger has', async () => {
    const { email } = await someone()
    const rows = await database.rows(
      `select sent_at from address_ledger where address_hash = decode($1, 'hex')`,
      [addressOf(email)],
    )
    assert.equal(rows.length, 1)
  })

  it('has "replaced", with both ids, and "registered" for a registration that replaces another', async () => {
    const { email, who } = await someone()
    await letTimePass(app, 61)
    const { answer, audited } = await register(app, email.toUpperCase(), 'Another-Horse-8')
    const by = { address: who.address, user_id: answer.body.id, network: NETWORK }
    assert.deepEqual(audited().slice(0, 2), [
      { audit: 'replaced', ...by, replaced_user_id: who.user_id },
      { audit: 'registered', ...by },
    ])
    await settledCode(app, email, 2)
  })

  it('has "code_sent" for a code that is sent again', async () => {
    const { email, who } = await someone()
    await letTimePass(app, 31)
    const { correlationId } = await ask(app, 'POST', '/users/resend-code', email)
    await app.logLine({ audit: 'code_sent', correlation_id: correlationId })
    assert.deepEqual(auditedBy(app, correlationId), [{ audit: 'code_sent', ...who }])
  })

  it('has "wrong_guess" for each, and "exhausted" with the third', async () => {
    const { email, who, code } = await someone()
    const wrong = { audit: 'wrong_guess', ...who, network: NETWORK }
    const exhausted = { audit: 'exhausted', ...who, network: NETWORK }
    for (const expected of [[wrong], [wrong], [wrong, exhausted], []]) {
      assert.deepEqual((await activate(app, email, otherThan(code))).audited(), expected)
    }
  })

  it('has "activated" for an activation, once', async () => {
    const { email, who, code } = await someone()
    const activated = { audit: 'activated', ...who, network: NETWORK }
    assert.deepEqual((await activate(app, email, code)).audited(), [activated])
    assert.deepEqual((await activate(app, email, code)).audited(), [])
  })

  it('has "credentials_refused" for a known address, an unknown one and, without a hash, for what is none', async () => {
    const { email, code } = await someone()
    const unknown = newAddress()
    const refused = (of: string) => [
      { audit: 'credentials_refused', address: addressOf(of), network: NETWORK },
    ]
    assert.deepEqual((await activate(app, email, code, WRONG)).audited(), refused(email))
    assert.deepEqual((await ask(app, 'GET', '/users/me', unknown)).audited(), refused(unknown))
    const impossible = await ask(app, 'POST', '/users/resend-code', 'nobody at all')
    assert.deepEqual(impossible.audited(), [{ audit: 'credentials_refused', network: NETWORK }])
  })

  it('has nothing for a look at the account, a broken rule or a taken address', async () => {
    const { email } = await someone()
    assert.deepEqual((await ask(app, 'GET', '/users/me', email)).audited(), [])
    assert.deepEqual((await register(app, 'nobody')).audited(), [])
    assert.deepEqual((await register(app, email)).audited(), [])
  })

  it('has "purged" for a pending account that is purged', async () => {
    const { who } = await someone()
    await letTimePass(app, 90_000)
    const lines: object[] = []
    const { promise: purged, resolve } = Promise.withResolvers<void>()
    const log = {
      info: (fields: object, msg: string) => {
        if (!('user_id' in fields) || fields.user_id !== who.user_id) return
        lines.push({ ...fields, msg })
        resolve()
      },
      error: (fields: object) => assert.fail(JSON.stringify(fields)),
    }
    const ports = { ...statementsOn(ledger), audit: auditLog(log, hashAddress), log, random: () => 0 }
    const purge = startPurge(ports, 1)
    await purged
    await purge.stop()
    assert.deepEqual(lines, [{ audit: 'purged', ...who, msg: 'security event' }])
  })

  it('has no address, password or code in any line', () => {
    const known = ['level', 'time', 'msg', 'audit', 'address', 'user_id', 'replaced_user_id', 'network']
    const lines = app.logged.filter(line => 'audit' in line)
    assert.equal(new Set(lines.map(({ audit }) => audit)).size, 7)
    for (const line of lines) {
      for (const name of Object.keys(line)) assert.ok([...known, 'correlation_id'].includes(name), name)
      const { address = addressOf(''), user_id = randomUUID(), replaced_user_id = user_id } = line
      assert.match(String(address), /^[0-9a-f]{64}$/)
      for (const id of [user_id, replaced_user_id]) assert.match(String(id), /^[0-9a-f-]{36}$/)
      assert.doesNotMatch(JSON.stringify(line), /@|user-|Horse/)
    }
  })
})

describe('the audit log, of a limit that was hit', () => {
  let app: RunningApp
  before(async () => {
    const limits = ['REGISTRATIONS_PER_NETWORK_PER_HOUR', 'GUESSES_PER_NETWORK_PER_HOUR']
    const one = Object.fromEntries(limits.map(name => [`LIMIT_${name}`, '1']))
    const logins = { LIMIT_LOGIN_FAILURES_PER_QUARTER_HOUR: '2', LIMIT_LOGIN_FAILURES_PER_DAY: '1' }
    app = await startApp({ database, env: { ...TRUSTING, ...one, ...logins } })
  })
  after(() => app.stop())

  const assertHit = (
    { answer, audited }: { answer: Answer; audited: () => object[] },
    limit: string,
    email?: string,
  ) => {
    assertProblem(answer, 'rate_limited')
    const address = email === undefined ? {} : { address: addressOf(email) }
    assert.deepEqual(audited(), [{ audit: 'limit_hit', limit, ...address, network: NETWORK }])
  }

  it('has "limit_hit" with the name of the limit, and the hash of the address if there is one', async () => {
    const email = newAddress()
    assert.equal((await register(app, email)).answer.status, 201)
    const code = await settledCode(app, email)
    assertHit(await register(app, email), 'registrations_per_network', email)
    assertHit(await ask(app, 'POST', '/users/resend-code', email), 'sends_per_address', email)
    assertProblem((await activate(app, email, otherThan(code))).answer, 'wrong_code', { attempts_left: 2 })
    assertHit(await activate(app, email, code), 'wrong_guesses_per_network')

    assert.equal((await ask(app, 'GET', '/users/me', email, { password: WRONG })).answer.status, 401)
    assertHit(await ask(app, 'GET', '/users/me', email), 'login_failures_per_address', email)
    for (const expected of [401, 401]) {
      assert.equal((await ask(app, 'GET', '/users/me', 'nobody at all')).answer.status, expected)
    }
    const nobody = await ask(app, 'GET', '/users/me', 'nobody at all')
    assertHit(nobody, 'login_failures_per_address_and_network')
  })
})

describe('the audit log, with HIDE_REGISTERED_EMAILS', () => {
  it('has "reminded" and "reminder_sent" for a reminder, and "ignored" for a registration that sends nothing', async () => {
    const app = await startApp({ database, env: { ...TRUSTING, HIDE_REGISTERED_EMAILS: 'true' } })
    try {
      const email = newAddress()
      await register(app, email)
      await activate(app, email, await settledCode(app, email))
      const { id } = (await ask(app, 'GET', '/users/me', email)).answer.body
      await letTimePass(app, 31)
      const { answer, audited, correlationId } = await register(app, email)
      assert.equal(answer.status, 202)
      await app.logLine({ audit: 'reminder_sent', correlation_id: correlationId })
      const whom = { address: addressOf(email), user_id: id }
      assert.deepEqual(audited(), [
        { audit: 'reminded', ...whom, network: NETWORK },
        { audit: 'reminder_sent', ...whom },
      ])
      const ignored = await register(app, email)
      assert.equal(ignored.answer.status, 202)
      assert.deepEqual(ignored.audited(), [{ audit: 'ignored', address: whom.address, network: NETWORK }])
    } finally {
      await app.stop()
    }
  })
})
