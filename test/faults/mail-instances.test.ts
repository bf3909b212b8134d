import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import {
  assertWholeMinute,
  HANDED_OVER,
  type MailingApp,
  type Registered,
  startMailingApp,
} from '../support/scripted-mail-app.ts'
import { type HttpReply, startScriptedHttp } from '../support/scripted-mail-http.ts'
import type { ScriptedMail } from '../support/scripted-mail-log.ts'

/** One more than fit into a lease of 10 s, at one every 3 s. */
const RENEWALS = 4
const PEOPLE = 40

describe('two instances and one mail service', () => {
  let database: TestDatabase
  let service: ScriptedMail<HttpReply>
  let apps: [MailingApp, MailingApp]
  before(async () => {
    database = await createDatabase()
    service = await startScriptedHttp()
    apps = [await startMailingApp(service, { database }), await startMailingApp(service, { database })]
  })
  beforeEach(() => service.behave(() => service.accept))
  after(async () => {
    await Promise.all(apps.map(app => app.stop()))
    await service.close()
    await database.drop()
  })

  /** When the mail of a user may be claimed by somebody else. */
  const leasedUntil = async ({ id }: Registered): Promise<number> => {
    const [mail] = await database.rows<{ due_at: Date }>(
      `select due_at from outbox where topic = 'mail' and user_id = $1`,
      [id],
    )
    return Number(mail?.due_at)
  }

  it('hand a mail over once, though the mail service takes longer than a lease; then its minute starts', async () => {
    const released = Promise.withResolvers<void>()
    service.behave(async () => {
      await released.promise
      return service.accept
    })
    const [app] = apps
    const person = await app.register()
    await service.attemptTo(person.email)
    const leases = new Set([await leasedUntil(person)])
    while (leases.size <= RENEWALS) {
      await sleep(50)
      leases.add(await leasedUntil(person))
    }
    assert.deepEqual([...leases], [...leases].toSorted())

    const since = await app.now()
    released.resolve()
    // Either of them may have claimed it.
    await Promise.any(apps.map(one => one.logLine({ message_id: keyOf(person), msg: HANDED_OVER })))
    await assertWholeMinute(app, person, since)
    const [attempt, ...more] = service.attemptsTo(person.email)
    assert.deepEqual(more, [])
    assert.equal((await app.client.activate(person.email, attempt?.code)).status, 200)
  })

  it('hand each of many mails over once, whoever registered', async () => {
    const people = await Promise.all(
      Array.from({ length: PEOPLE }, (_, n) => (apps[n % 2] ?? apps[0]).register()),
    )
    await apps[0].untilAllGone()
    for (const { email } of people) assert.equal(service.attemptsTo(email).length, 1)
  })

  function keyOf({ email }: Registered): string | undefined {
    return service.attemptsTo(email)[0]?.key
  }
})
