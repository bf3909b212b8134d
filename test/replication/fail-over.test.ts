import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { OutgoingMail } from '../../src/infrastructure/mail/transport.ts'
import { codeIn, type RunningApp, startApp } from '../support/app.ts'
import { type Answer, createClient, newAddress } from '../support/client.ts'
import { createNews } from '../support/news.ts'
import { assertProblem } from '../support/problems.ts'
import { type ReplicatedPostgres, startReplicatedPostgres } from '../support/replication.ts'

const CLIENTS = 24
/** How many refusals make sure that the service was really without its database. */
const ENOUGH = 40

/** What somebody was told, by address. */
type History = {
  /** The id of the 201. */
  registered: Map<string, unknown>
  resent: Set<string>
  activated: Set<string>
  refused: Answer[]
  unexpected: Answer[]
}

describe('a primary that crashes under load and a standby that takes over', () => {
  let servers: ReplicatedPostgres
  let app: RunningApp
  before(async () => {
    servers = await startReplicatedPostgres()
    app = await startApp({
      database: { url: servers.url, rows: servers.rows, drop: async () => {} },
      env: { DATABASE_TIMEOUT_MS: '2000', LIMIT_SEND_SPACING_SECONDS: '0' },
    })
  })
  after(async () => {
    await app.stop()
    await servers.stop()
  })

  // The second one leads from the host that DATABASE_URL names last to the one that it names first.
  for (const direction of ['to the host named last', 'and back to the one named first']) {
    it(`lose nothing that was acknowledged, and are found without a restart, ${direction}`, async () => {
      const { history, until, stop } = startLoad(app)
      const client = createClient(app.url)

      await until(() => history.activated.size >= CLIENTS)
      // What is acknowledged from now on, with or without the standby, would be lost with the primary.
      await servers.holdBack()
      const known = history.activated.size
      await until(() => history.refused.length > 0 || history.activated.size >= known + CLIENTS)
      await servers.crashPrimary()
      await until(() => history.refused.length >= ENOUGH)
      assertProblem(await client.ask('GET', '/health/ready'), 'unavailable')
      assert.equal((await client.ask('GET', '/health/live')).status, 200)

      await servers.promoteStandby()
      const before = history.activated.size
      await until(() => history.activated.size >= before + CLIENTS)
      await stop()

      assert.deepEqual(history.unexpected, [])
      for (const answer of history.refused) assertProblem(answer, 'unavailable')
      assert.equal((await client.ask('GET', '/health/ready')).status, 200)
      await assertKept(history)
      await servers.rejoin()
    })
  }

  async function assertKept({ registered, resent, activated }: History): Promise<void> {
    const stored = await servers.rows<{ id: string; email: string; active: boolean }>(
      'select id, email, activated_at is not null as active from users',
    )
    const users = new Map(stored.map(user => [user.email, user]))
    assert.deepEqual(
      [...registered].filter(([email, id]) => users.get(email)?.id !== id),
      [],
    )
    assert.deepEqual(
      [...activated].filter(email => !users.get(email)?.active),
      [],
    )
    for (const email of registered.keys()) await app.mail.mailTo(email)
    for (const email of resent) await nextMail(app, await app.mail.mailTo(email))
  }
})

/** People who register, some of whom ask for another code, and activate, each as often as it takes. */
const startLoad = (app: RunningApp) => {
  const client = createClient(app.url)
  const history: History = {
    registered: new Map(),
    resent: new Set(),
    activated: new Set(),
    refused: [],
    unexpected: [],
  }
  const { tell, until } = createNews()
  let loading = true

  /**
   * Asks until the answer is no 503. `done` is the code of a refusal that says that the one before, of which
   * nothing was heard, was done after all.
   */
  const insist = async (ask: () => Promise<Answer>, status: number, done: string) => {
    for (let unknown = false; ; unknown = true) {
      const answer = await ask()
      tell()
      if (answer.status === status) return answer
      if (answer.status !== 503) {
        if (!unknown || answer.body.code !== done) history.unexpected.push(answer)
        return undefined
      }
      history.refused.push(answer)
    }
  }

  const people = Array.from({ length: CLIENTS }, async (_, place) => {
    while (loading) {
      const email = newAddress()
      const registered = await insist(() => client.register(email), 201, 'email_taken')
      if (registered) history.registered.set(email, registered.body.id)
      let mail = await app.mail.mailTo(email)
      if (place % 4 === 0) {
        const resent = await client.resend(email)
        // Which code is the newest is not known to whoever is not told.
        if (resent.status === 503) history.refused.push(resent)
        else if (resent.status !== 202) history.unexpected.push(resent)
        if (resent.status !== 202) continue
        history.resent.add(email)
        mail = await nextMail(app, mail)
      }
      if (await insist(() => client.activate(email, codeIn(mail)), 200, 'already_active')) {
        history.activated.add(email)
      }
    }
  })

  return {
    history,
    until,
    stop: async () => {
      loading = false
      await Promise.all(people)
    },
  }
}

/** Waits for the mail that was asked for after this one, which may come twice itself. */
const nextMail = async (app: RunningApp, { to, id }: OutgoingMail): Promise<OutgoingMail> => {
  for (let nth = 2; ; nth += 1) {
    const mail = await app.mail.mailTo(to, nth)
    if (mail.id !== id) return mail
  }
}
