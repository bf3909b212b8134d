import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startApp } from '../support/app.ts'
import { createClient, newAddress, PASSWORD } from '../support/client.ts'

const app = await startApp()
const client = createClient(app.url)
after(() => app.stop())

const RFC_3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

describe('a sign-up', () => {
  it('is POST /users, a code by mail, POST /users/activate with it, and GET /users/me with is_active true', async () => {
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

  it('shows on GET /users/me when it was created and, null until then, when it was activated, in RFC 3339 UTC', async () => {
    const email = newAddress()
    const { id } = (await client.register(email)).body
    const pending = await client.me(email)
    assert.equal(pending.status, 200)
    assert.equal(pending.headers.get('content-type'), 'application/json; charset=utf-8')
    const { created_at } = pending.body
    assert.match(String(created_at), RFC_3339_UTC)
    assert.deepEqual(pending.body, { id, email, is_active: false, created_at, activated_at: null })

    await client.activate(email, await app.mail.codeFor(email))
    const active = await client.me(email)
    const { activated_at } = active.body
    assert.match(String(activated_at), RFC_3339_UTC)
    assert.ok(String(activated_at) >= String(created_at))
    assert.deepEqual(active.body, { id, email, is_active: true, created_at, activated_at })
  })
})
