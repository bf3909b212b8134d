import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { Finding } from '../../src/application/diagnose.ts'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { TEST_SECRET_KEY } from '../support/app.ts'
import { noBroker, startBroker } from '../support/broker.ts'
import { selfSigned } from '../support/certificate.ts'
import { run } from '../support/command.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { clockOffBy, noFaketime } from '../support/faketime.ts'
import { askOperator } from '../support/operator.ts'
import { noRedis, startRedis } from '../support/redis.ts'
import { startReplicatedPostgres } from '../support/replication.ts'
import { CHEAP_HASHES } from '../support/settings.ts'
import { refusal, startMailServer } from '../support/smtp-servers.ts'

type Env = Record<string, string>
type Ask = (env: Env) => ReturnType<typeof run>

/** Stands in every URL as the password, and must stand nowhere else. */
const PASSWORD = 'open-nutmeg'
const NOBODY = '127.0.0.1:1'

describe('vestibule doctor', { timeout: 400_000 }, () => {
  let database: TestDatabase
  before(async () => {
    database = await createDatabase()
  })
  after(() => database.drop())

  const settings = (env: Env): Env => ({
    DATABASE_URL: database.url,
    SECRET_KEY: TEST_SECRET_KEY,
    REDIS_TIMEOUT_MS: '2000',
    ...CHEAP_HASHES,
    ...env,
  })
  const doctor = (env: Env, ...args: string[]) => run(['doctor', ...args], settings(env))
  const ask = (env: Env) => askOperator('doctor', ['--json'], settings(env))

  /** What it says of one check, once it is sure that nothing secret was said. */
  const examine = async (env: Env, wanted: string, answer: Ask = ask) => {
    const { output, exitCode } = await answer(env)
    for (const secret of [PASSWORD, TEST_SECRET_KEY]) assert.ok(!output.includes(secret), output)
    const { ok, findings } = JSON.parse(output) as { ok: boolean; findings: Finding[] }
    assert.equal(exitCode, ok ? 0 : 1)
    assert.equal(
      ok,
      findings.every(({ state }) => state !== 'failed'),
    )
    const of = (check: string): Finding => {
      const finding = findings.find(finding => finding.check === check)
      assert.ok(finding, output)
      return finding
    }
    return { ...of(wanted), of, exitCode }
  }

  const assertFailed = async (
    env: Env,
    check: string,
    found: RegExp,
    remedy: RegExp,
  ): Promise<(check: string) => Finding> => {
    const finding = await examine(env, check)
    assert.equal(finding.state, 'failed', finding.found)
    assert.match(finding.found, found)
    assert.match(finding.remedy ?? '', remedy)
    assert.equal(finding.exitCode, 1)
    return finding.of
  }

  const withLogin = (url: string, user = 'vestibule'): string =>
    Object.assign(new URL(url), { username: user, password: PASSWORD }).href

  it('ends with 0 and All is well when nothing is wrong', async t => {
    const { url } = await startMailServer(t)
    const { output, exitCode } = await doctor({ MAIL_TRANSPORT: 'smtp', SMTP_URL: url })
    assert.equal(exitCode, 0, output)
    assert.doesNotMatch(output, /→/)
    assert.match(output, /^ok +database +PostgreSQL \d+\.\d+ at 127\.0\.0\.1:\d+, database test_/m)
    assert.match(output, /^ok +schema +up to date/m)
    assert.match(output, /^ok +secret key +this database has been used with no SECRET_KEY yet$/m)
    assert.match(output, /^ok +clock +this machine and the database agree/m)
    assert.match(output, /^ok +mail +127\.0\.0\.1:\d+ answers/m)
    assert.match(output, /^ok +hashing +one hash takes \d+ ms/m)
    assert.match(output, /\nAll is well\.\n$/)
    assert.deepEqual(await database.rows('select from ledger_key'), [])
  })

  it('ends with 2 and the usage for an unknown option', async () => {
    const { output, exitCode } = await doctor({}, '--fix')
    assert.equal(exitCode, 2)
    assert.match(output, /^Usage: vestibule doctor/)
  })

  it('ends with 1 and names every unusable variable', async () => {
    const { output, exitCode } = await doctor({ PORT: 'eighty', SECRET_KEY: 'short' })
    assert.equal(exitCode, 1)
    assert.match(output, /^failed +configuration +PORT must be .*\n +→ Correct PORT /m)
    assert.match(output, /^failed +configuration +SECRET_KEY must have .*\n +→ Correct SECRET_KEY /m)
    assert.match(output, /^2 failed, 0 warnings\.$/m)
  })

  it('prints no password and no key, however much is wrong', async () => {
    const at = (protocol: string) => `${protocol}://vestibule:${PASSWORD}@${NOBODY}/`
    const { output, exitCode } = await doctor({
      DATABASE_URL: withLogin(database.url),
      ...overSmtp(at('smtp')),
      EVENT_PUBLISHER: 'rabbitmq',
      AMQP_URL: at('amqp'),
      ...inRedis(at('redis')),
    })
    assert.equal(exitCode, 1)
    for (const check of ['database', 'mail', 'events', 'redis']) {
      assert.match(output, new RegExp(`^failed +${check} `, 'm'))
    }
    for (const secret of [PASSWORD, TEST_SECRET_KEY]) assert.ok(!output.includes(secret), output)
  })

  it('finds a database that is away, and skips what needs it', async () => {
    const env = { DATABASE_URL: withLogin(`postgres://${NOBODY}/vestibule`) }
    const of = await assertFailed(env, 'database', /^127\.0\.0\.1:1: ECONNREFUSED$/, /DATABASE_URL/)
    for (const check of ['schema', 'secret key', 'role', 'connections', 'clock', 'outbox']) {
      assert.equal(of(check).state, 'skipped')
    }
    assert.equal(of('hashing').state, 'ok')
  })

  it('finds a password that the database refuses', async () => {
    await assertFailed(
      { DATABASE_URL: withLogin(database.url) },
      'database',
      /password authentication failed/,
      /user and password in DATABASE_URL/,
    )
  })

  it('finds a database that does not exist', async () => {
    const url = Object.assign(new URL(database.url), { pathname: '/elsewhere' }).href
    await assertFailed({ DATABASE_URL: url }, 'database', /"elsewhere" does not exist/, /createdb/)
  })

  it('finds a schema that is behind, a warning where the service migrates when it starts', async t => {
    const empty = await createDatabase('empty')
    t.after(empty.drop)
    const env = { DATABASE_URL: empty.url }
    const of = await assertFailed(
      { ...env, MIGRATE_ON_START: 'false' },
      'schema',
      /^behind: 0001_users, .* not applied/,
      /migrate up/,
    )
    assert.equal(of('secret key').state, 'skipped')
    const itself = await examine(env, 'schema')
    assert.deepEqual([itself.state, itself.exitCode], ['warning', 0])
  })

  it('finds a SECRET_KEY that is not the one the database is used with, unless it was rotated', async t => {
    const used = await createDatabase()
    t.after(used.drop)
    const env = { DATABASE_URL: used.url }
    // Any command that needs the key makes it.
    await askOperator('outbox', ['list'], { ...env, SECRET_KEY: TEST_SECRET_KEY })
    const before = await used.rows('select sealed from ledger_key')
    assert.equal((await examine(env, 'secret key')).found, 'SECRET_KEY is the one this database is used with')

    const other = { ...env, SECRET_KEY: 'another-key-that-nobody-has-used-before' }
    await assertFailed(other, 'secret key', /not the one this database was used with/, /SECRET_KEY_PREVIOUS/)
    const rotated = await examine({ ...other, SECRET_KEY_PREVIOUS: TEST_SECRET_KEY }, 'secret key')
    assert.equal(rotated.state, 'ok')
    assert.deepEqual(await used.rows('select sealed from ledger_key'), before)
  })

  it('finds a role without rights, and in production warns of one with too many', async t => {
    const role = `poor_${process.pid}`
    await database.rows(`create role ${role} login password '${PASSWORD}'`)
    t.after(() => database.rows(`drop owned by ${role}; drop role ${role}`))
    await database.rows(`grant select on schema_migrations, users, outbox, ledger_key to ${role}`)
    const env = { DATABASE_URL: withLogin(database.url, role) }
    await assertFailed(env, 'role', /lacks rights: .*users \(insert\)/, /grant select, insert, .* to poor_/)

    const production = { NODE_ENV: 'production', MAIL_TRANSPORT: 'smtp', SMTP_URL: `smtp://${NOBODY}` }
    const rich = await examine(production, 'role')
    assert.equal(rich.state, 'warning')
    assert.match(rich.remedy ?? '', /deploy\/postgres\/roles\.sql/)
  })

  it('warns of more connections than the server has, and of mails that wait for long', async t => {
    const id = '01985d3c-7b0a-7c3e-9d2f-1f0f5a3b2c4d'
    await database.rows(
      `insert into outbox (user_id, id, topic, payload, correlation_id, created_at, due_at)
       values ($1, $1, 'mail', '{}', 'c', now() - interval '5 minutes', now() + interval '1 hour')`,
      [id],
    )
    t.after(() => database.rows('delete from outbox'))
    const finding = await examine({ DATABASE_POOL_MAX: '1000' }, 'connections')
    assert.equal(finding.state, 'warning')
    assert.match(finding.remedy ?? '', /DATABASE_POOL_MAX/)
    assert.equal(finding.of('outbox').state, 'warning')
    assert.match(finding.of('outbox').found, /^mail: 1 waiting, the oldest for 3\d\d s; no event waits$/)
    assert.equal(finding.exitCode, 0)
  })

  for (const [offset, state, direction] of [
    ['-30s', 'warning', 'behind'],
    ['+5m', 'failed', 'ahead of'],
  ] as const) {
    it(`finds a clock that is off by ${offset}: ${state}`, { skip: noFaketime }, async () => {
      const finding = await examine(clockOffBy(offset), 'clock', env => doctor(env, '--json'))
      assert.equal(finding.state, state, finding.found)
      assert.match(finding.found, new RegExp(`^this machine is \\d+ s ${direction} the database$`))
      assert.match(finding.remedy ?? '', /NTP/)
    })
  }

  const overSmtp = (url: string) => ({ MAIL_TRANSPORT: 'smtp', SMTP_URL: url })

  it('finds a login that the mail server refuses', async t => {
    const { url } = await startMailServer(t, { onAuth: (_auth, _session, done) => done(refusal(535)) })
    const env = overSmtp(withLogin(url))
    await assertFailed(env, 'mail', /^127\.0\.0\.1:\d+: smtp 535 to AUTH PLAIN$/, /password in SMTP_URL/)
  })

  it('finds a mail server elsewhere that takes a login without STARTTLS', async t => {
    const { url } = await startMailServer(t)
    // It is this machine, and yet no name of it.
    const elsewhere = withLogin(url.replace('127.0.0.1', '0.0.0.0'))
    await assertFailed(overSmtp(elsewhere), 'mail', /STARTTLS/, /smtps:\/\/ .*requireTLS=false/)
  })

  it('finds a mail server whose certificate is not trusted', async t => {
    const { url } = await startMailServer(t, selfSigned(['127.0.0.1']))
    await assertFailed(overSmtp(url), 'mail', /SELF_SIGNED_CERT/, /NODE_EXTRA_CA_CERTS/)
  })

  it('finds nothing wrong with a mail server that asks for no login', async t => {
    const { url } = await startMailServer(t, { onAuth: (_auth, _session, done) => done(refusal(535)) })
    assert.equal((await examine(overSmtp(url), 'mail')).state, 'ok')
  })

  it('finds a mail provider and a webhook that cannot be reached', async () => {
    const nobody = `http://vestibule:${PASSWORD}@127.0.0.1:${await freePort()}/`
    const env = {
      MAIL_TRANSPORT: 'http',
      MAIL_HTTP_PROVIDER: 'webhook',
      MAIL_HTTP_URL: nobody,
      EVENT_PUBLISHER: 'webhook',
      WEBHOOK_URL: nobody,
      WEBHOOK_SECRET: `whsec_${Buffer.from('a secret for tests and only for them').toString('base64')}`,
    }
    const of = await assertFailed(env, 'mail', /ECONNREFUSED$/, /MAIL_HTTP_URL/)
    assert.equal(of('events').state, 'failed')
    assert.match(of('events').remedy ?? '', /WEBHOOK_URL/)
  })

  it('finds a RabbitMQ that is away, or lacks the virtual host, the login or the permissions', {
    skip: noBroker,
  }, async t => {
    const broker = await startBroker()
    t.after(broker.stop)
    await broker.control('add_user', 'poor', PASSWORD)
    await broker.control('set_permissions', 'poor', '^$', '^$', '^$')
    const at = (url: string) => ({ EVENT_PUBLISHER: 'rabbitmq', AMQP_URL: url })
    assert.equal((await examine(at(broker.url), 'events')).state, 'ok')
    const cases: [url: string, found: RegExp, remedy: RegExp][] = [
      [`${broker.url}/elsewhere`, /no such virtual host/, /path of AMQP_URL/],
      [withLogin(broker.url), /403/, /user and password in AMQP_URL/],
      [withLogin(broker.url, 'poor'), /403/, /permissions configure and write/],
      [withLogin(`amqp://${NOBODY}`), /ECONNREFUSED/, /host and port in AMQP_URL/],
    ]
    for (const [url, found, remedy] of cases) await assertFailed(at(url), 'events', found, remedy)
  })

  const inRedis = (url: string) => ({ CODE_STORE: 'redis', REDIS_URL: url })

  it('finds a Redis that is away or refuses the login, and warns of one that evicts keys', {
    skip: noRedis,
  }, async t => {
    const redis = await startLockedRedis(t)
    await assertFailed(inRedis(redis), 'redis', /WRONGPASS/, /password in REDIS_URL/)
    const away = inRedis(`redis://:${PASSWORD}@${NOBODY}`)
    await assertFailed(away, 'redis', /nobody can register or activate/, /host and port in REDIS_URL/)

    const forgetful = await startRedis(['--maxmemory-policy', 'allkeys-lru'])
    t.after(forgetful.stop)
    const finding = await examine(inRedis(forgetful.url), 'redis')
    assert.equal(finding.state, 'warning')
    assert.match(finding.remedy ?? '', /noeviction/)
  })

  const startLockedRedis = async (t: TestContext): Promise<string> => {
    const redis = await startRedis(['--requirepass', 'sesame'])
    t.after(redis.stop)
    return redis.url.replace('//', `//:${PASSWORD}@`)
  }
})

describe('vestibule doctor, with a standby', { timeout: 400_000 }, () => {
  it('tells the standby from the primary, and warns when it is away', async t => {
    const servers = await startReplicatedPostgres()
    t.after(servers.stop)
    const lookAt = async (url: string) => {
      const { output } = await askOperator('doctor', ['--json'], {
        ...CHEAP_HASHES,
        DATABASE_URL: url,
        SECRET_KEY: TEST_SECRET_KEY,
      })
      const { findings } = JSON.parse(output) as { findings: Finding[] }
      return findings.find(({ check }) => check === 'database') as Finding
    }
    const alone = await lookAt(servers.standbyUrl)
    assert.equal(alone.state, 'failed')
    assert.match(alone.found, /read-only, as a standby is/)
    assert.match(alone.remedy ?? '', /primary in DATABASE_URL/)

    const both = await lookAt(servers.url)
    assert.deepEqual([both.state, /the others are standbys$/.test(both.found)], ['ok', true])
    await servers.crashStandby()
    const lonely = await lookAt(servers.url)
    assert.equal(lonely.state, 'warning')
    assert.match(lonely.found, /not to be reached: .* \(ECONNREFUSED\)/)
  })
})
