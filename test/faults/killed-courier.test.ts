import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeIn, TEST_SECRET_KEY } from '../support/app.ts'
import { type ChildScript, startChildScript } from '../support/child-script.ts'
import { createClient, newAddress } from '../support/client.ts'
import { CRASHES, type Crash } from '../support/crashing-app.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { CHEAP_HASHES, NO_METRICS, NO_NETWORK_LIMITS, PATIENT } from '../support/settings.ts'

/** Of each kind of crash. */
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 2)
/** Who register at once, in each round. */
const PEOPLE = 8
/** One of so many activates, as soon as the service is there again. */
const ACTIVATING = 4
/** Several leases: what was left behind must have gone by then. */
const QUIET_WITHIN_MS = 90_000
const MODULE = import.meta.resolve('../support/crashing-app.ts')

type Person = { email: string; crash: Crash; acknowledged: boolean; activates: boolean; activated: boolean }
type Mail = { to: string; code: string; key: string; life: number }

/**
 * Takes every mail, and takes its time. Whoever mails says in the path which of its lives it is in. `accepted`
 * is called with each mail before it is answered, and may decide that it never is.
 */
const startMailService = async () => {
  const mails: Mail[] = []
  const service = { url: '', mails, accepted: (_life: number): boolean => true, close: () => {} }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { to, text } = JSON.parse(body)
    const life = Number(request.url?.slice(1))
    mails.push({ to, code: codeIn({ text }), key: String(request.headers['idempotency-key']), life })
    if (!service.accepted(life)) return
    // Longer than it takes the courier to look for more.
    await sleep(randomInt(100))
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  service.close = () => server.close()
  return service
}

describe('a courier that is killed', { timeout: 3_600_000 }, () => {
  let database: TestDatabase
  let mailService: Awaited<ReturnType<typeof startMailService>>
  const people: Person[] = []
  /** What is not as promised, in words. */
  const violations: string[] = []
  const children: ChildScript[] = []
  before(async () => {
    database = await createDatabase()
    mailService = await startMailService()
  })
  after(async () => {
    await Promise.all(children.map(child => child.kill()))
    mailService.close()
    await database.drop()
  })

  /** Begins another life on the same database. */
  const start = async (crash?: Crash, nth = 0): Promise<{ child: ChildScript; life: number }> => {
    const life = children.length
    const env = {
      DATABASE_URL: database.url,
      SECRET_KEY: TEST_SECRET_KEY,
      PORT: '0',
      MAIL_TRANSPORT: 'http',
      MAIL_HTTP_PROVIDER: 'webhook',
      MAIL_HTTP_URL: `${mailService.url}/${life}`,
      EVENT_PUBLISHER: 'none',
      LOG_LEVEL: 'silent',
      ...CHEAP_HASHES,
      ...NO_METRICS,
      ...PATIENT,
      ...NO_NETWORK_LIMITS,
    }
    // Most of the time of a round is that of compiling the app, and whoever is killed leaves no cache by itself.
    const child = await startChildScript(`
      import { enableCompileCache, flushCompileCache } from 'node:module'
      enableCompileCache()
      const { startCrashingApp } = await import(${JSON.stringify(MODULE)})
      flushCompileCache()
      console.log(await startCrashingApp(${JSON.stringify(env)}, ${JSON.stringify(crash)}, ${nth}))
    `)
    children.push(child)
    return { child, life }
  }

  const mailsTo = ({ email }: Person): Mail[] => mailService.mails.filter(({ to }) => to === email)

  /** Those who have their code use it: nothing that happened to the service since may have cost them that. */
  const activateSome = async (api: string): Promise<void> => {
    const client = createClient(api)
    for (const person of people.filter(({ activates, activated }) => activates && !activated)) {
      const [mail] = mailsTo(person)
      if (!mail) continue
      const answer = await client.activate(person.email, mail.code)
      person.activated = true
      if (answer.status === 200) continue
      violations.push(`${person.crash}: the code in hand got ${answer.status} ${answer.body.code}`)
    }
  }

  const register = async (api: string, crash: Crash, activates: boolean): Promise<Person> => {
    const person = { email: newAddress(), crash, acknowledged: false, activates, activated: false }
    people.push(person)
    const answer = await createClient(api)
      .register(person.email)
      .catch(() => undefined)
    person.acknowledged = answer?.status === 201
    if (answer && !person.acknowledged) violations.push(`${crash}: a registration got ${answer.status}`)
    return person
  }

  const live = async (crash: Crash): Promise<void> => {
    const nth = randomInt(1, PEOPLE + 1)
    const { child, life } = await start(crash, nth)
    await activateSome(child.said)

    let [acknowledged, accepted] = [0, 0]
    mailService.accepted = from => {
      if (from !== life || crash !== 'accepted') return true
      accepted += 1
      if (accepted < nth) return true
      child.child.kill('SIGKILL')
      return false
    }
    // A failpoint that is never met has lost its statement.
    const ended = once(child.child, 'exit', { signal: AbortSignal.timeout(30_000) })
    const registering = Array.from({ length: PEOPLE }, async (_, n) => {
      const person = await register(child.said, crash, n % ACTIVATING === 0)
      if (person.acknowledged) acknowledged += 1
      if (crash === 'unclaimed' && acknowledged === nth) child.child.kill('SIGKILL')
    })
    const [[, signal]] = await Promise.all([ended, ...registering])
    assert.equal(signal, 'SIGKILL')
  }

  for (const [crash, what] of Object.entries(CRASHES) as [Crash, string][]) {
    it(`is killed at this point of a mail: ${what}`, async () => {
      for (let round = 0; round < ROUNDS; round += 1) await live(crash)
    })
  }

  it('loses no mail and mails nobody two codes, once the next instance has done what was left', async t => {
    mailService.accepted = () => true
    const { child: last } = await start()
    const deadline = Date.now() + QUIET_WITHIN_MS
    while (Date.now() < deadline && (await database.rows('select from outbox limit 1')).length > 0) {
      await activateSome(last.said)
      await sleep(100)
    }
    await activateSome(last.said)
    assert.deepEqual(await database.rows('select topic, attempts, last_failure from outbox'), [])

    const settled = await database.rows<{ email: string; done: boolean }>(
      'select email, activated_at is not null or code_expires_at is not null as done from users',
    )
    const stored = new Map(settled.map(({ email, done }) => [email, done]))
    for (const person of people) judge(person, stored.get(person.email))
    for (const crash of Object.keys(CRASHES) as Crash[]) t.diagnostic(summary(crash, stored))
    assert.deepEqual(violations, [])
  })

  /** `settled` tells whether the minute of the code has begun; `undefined` is an account that is not there. */
  function judge(person: Person, settled: boolean | undefined): void {
    const mails = mailsTo(person)
    const breaks = (promise: string): void => void violations.push(`${person.crash}: ${promise}`)
    if (person.acknowledged && settled === undefined) breaks('an acknowledged registration is lost')
    if (settled === undefined && mails.length > 0) breaks('a mail for nobody')
    if (settled !== undefined && mails.length === 0) breaks('an account without its mail')
    if (settled === false) breaks('a mail that is not settled')
    if (new Set(mails.map(({ code }) => code)).size > 1) breaks('two codes')
    if (new Set(mails.map(({ key }) => key)).size > 1) breaks('two idempotency keys')
    if (new Set(mails.map(({ life }) => life)).size < mails.length) breaks('mailed twice in one life')
  }

  function summary(crash: Crash, stored: Map<string, boolean>): string {
    const all = people.filter(person => person.crash === crash)
    const unknown = all.filter(({ acknowledged }) => !acknowledged)
    const mailed = all.map(person => mailsTo(person).length)
    const mails = mailed.reduce((sum, count) => sum + count, 0)
    return [
      `${crash}: ${ROUNDS} rounds`,
      `${all.length - unknown.length} acknowledged`,
      `${unknown.length} unknown (${unknown.filter(({ email }) => stored.has(email)).length} of them stored)`,
      `${mails} mails, ${mails - mailed.filter(count => count > 0).length} of them again`,
      `${all.filter(({ activated }) => activated).length} activated`,
    ].join(', ')
  }
})
