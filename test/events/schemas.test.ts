import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { CloudEvent } from 'cloudevents'
import { type RunningApp, startApp } from '../support/app.ts'
import { createClient, newAddress } from '../support/client.ts'
import { signUpActive } from '../support/sign-up.ts'

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url))

type Logged = ConstructorParameters<typeof CloudEvent>[0] & { type: string; dataschema: string; data: object }

const ajv = new Ajv2020({ allErrors: true })
addFormats.default(ajv)
/** Every field has to be described: receivers ignore what they do not know, this test does not. */
for (const file of readdirSync(`${DOCS}/events`)) {
  const schema = JSON.parse(readFileSync(`${DOCS}/events/${file}`, 'utf8'))
  assert.equal(file, `${schema.$id.split(':').at(-1)}.schema.json`)
  ajv.addSchema({ ...schema, additionalProperties: false })
}

const assertDescribed = (event: Logged): void => {
  assert.ok(new CloudEvent(event, false).validate())
  assert.equal(event.dataschema, `urn:vestibule:events:${event.type}`)
  const validate = ajv.getSchema(event.dataschema)
  assert.ok(validate, `no schema ${event.dataschema}`)
  assert.ok(validate(event.data), `${event.type}: ${ajv.errorsText(validate.errors)}`)
}

describe('the schemas of events', () => {
  let app: RunningApp
  before(async () => {
    app = await startApp()
  })
  after(() => app.stop())

  const published = async (msg: string, subject: string) => {
    const { event } = await app.logLine({ msg, event: { subject } })
    return event as Logged
  }

  it('describe each type of event, as it leaves', async () => {
    const { id } = await signUpActive(app)
    const events = [await published('user.registered', id), await published('user.activated', id)]
    app.mail.behave(async () => ({ result: 'failed', failure: 'refused', reason: 'no such mailbox' }))
    const other = await createClient(app.url).register(newAddress())
    events.push(await published('mail.given_up', String(other.body.id)))
    await app.database.rows(
      `insert into outbox (user_id, id, topic, payload, correlation_id)
       values ($1, $2, 'event', '{"type": "user.deleted"}', 'c')`,
      [id, newUuid],
    )
    events.push(await published('user.deleted', id))

    for (const event of events) assertDescribed(event)
    const types = events.map(({ type }) => `${type}.schema.json`)
    assert.deepEqual(types.toSorted(), readdirSync(`${DOCS}/events`).toSorted())
  })

  it('describe the examples in docs/events.md', () => {
    const examples = [...readFileSync(`${DOCS}/events.md`, 'utf8').matchAll(/^```json\n(.*?)^```/gms)]
    assert.equal(examples.length, 4)
    for (const [, text = ''] of examples) assertDescribed(JSON.parse(text))
  })

  it('refuse what is no such event', () => {
    const validate = ajv.getSchema('urn:vestibule:events:mail.given_up.v1')
    assert.ok(validate)
    const data = { id: newUuid, email: 'ada@example.com', mail: 'activation_code', reason: 'refused' }
    assert.ok(validate(data))
    for (const change of [
      { id: 'user-1' },
      { email: 'ada' },
      { mail: 'news' },
      { reason: 'tired' },
      { more: 1 },
    ]) {
      assert.ok(!validate({ ...data, ...change }), JSON.stringify(change))
    }
    assert.ok(!validate({}))
  })
})

const newUuid = '01985d3c-7b0a-7c3e-9d2f-1f0f5a3b2c4d'
