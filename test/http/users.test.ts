import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import { createClient, newAddress, PASSWORD } from '../support/client.ts'

describe('a registration, from the form to the active account', () => {
  let app: RunningApp
  let client: ReturnType<typeof createClient>
  before(async () => {
    app = await startApp()
    client = createClient(app.url)
  })
  after(() => app.stop())

  it('registers, mails a code, activates with it, and shows the account active', async () => {
    const email = newAddress()
    const registered = await client.register(email)
    assert.equal(registered.status, 201)
    assert.deepEqual(registered.body, { id: registered.body.id, email, is_active: false })

    const activated = await client.activate(email, await app.mail.codeFor(email))
    assert.equal(activated.status, 200)
    assert.deepEqual(activated.body, { message: 'Account activated successfully' })

    const me = await client.me(email, PASSWORD)
    assert.equal(me.status, 200)
    assert.equal(me.body.id, registered.body.id)
    assert.equal(me.body.is_active, true)
  })
})
