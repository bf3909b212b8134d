import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { codeIn } from '../support/app.ts'
import { createClient, newAddress } from '../support/client.ts'
import { type RunningCommand, scratchFolder, serve } from '../support/command.ts'
import { mailsIn } from '../support/mailbox.ts'

describe('npm start', () => {
  let folder: string
  let vestibule: RunningCommand
  const email = newAddress()

  before(async () => {
    folder = await scratchFolder()
    vestibule = await serve(folder)
  })
  after(async () => {
    if (vestibule.child.exitCode === null) await vestibule.end('SIGTERM')
    await rm(folder, { recursive: true })
  })

  it('brings database and mailbox along: a person registers and activates with the code in the mailbox', async () => {
    const client = createClient(vestibule.api)
    assert.equal((await client.register(email)).status, 201)

    const [mail] = await mailsIn(vestibule.mailbox, email)
    assert.ok(mail)
    assert.match(mail.html, new RegExp(`>${codeIn(mail)}<`))
    assert.equal((await client.activate(email, codeIn(mail))).status, 200)
    assert.equal((await client.me(email)).body.is_active, true)
  })

  it('does not start a second time on the same data', async () => {
    await assert.rejects(serve(folder), /another Vestibule is running on .*DATABASE_URL/)
    assert.equal((await createClient(vestibule.api).me(email)).status, 200)
  })

  it('keeps all accounts over kill -9', async () => {
    assert.equal(await vestibule.end('SIGKILL'), 'SIGKILL')
    vestibule = await serve(folder)
    assert.equal((await createClient(vestibule.api).me(email)).body.is_active, true)
  })

  it('ends with 0 on SIGTERM', async () => {
    assert.equal(await vestibule.end('SIGTERM'), 0)
  })
})
