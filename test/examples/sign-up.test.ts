import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { newAddress, PASSWORD } from '../support/client.ts'
import { type RunningCommand, scratchFolder, serve } from '../support/command.ts'
import { skipWithout } from '../support/programs.ts'
import { startReceiver } from '../support/receiver.ts'

const SCRIPT = fileURLToPath(new URL('../../examples/sign-up.sh', import.meta.url))

const hasCurl = spawnSync('curl', ['--version']).status === 0
const skip = skipWithout(hasCurl, 'needs curl')

/** Runs the script with these variables to its end. */
const signUp = async (env: Record<string, string>, ...args: string[]) => {
  const child = spawn('sh', [SCRIPT, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', PASSWORD, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  const [exitCode] = await once(child, 'close')
  return { exitCode, output }
}

describe('examples/sign-up.sh', { skip, timeout: 100_000 }, () => {
  let folder: string
  let service: RunningCommand
  let places: { VESTIBULE_URL: string; MAILBOX_URL: string }
  before(async () => {
    folder = await scratchFolder()
    service = await serve(folder)
    places = { VESTIBULE_URL: service.api, MAILBOX_URL: service.mailbox }
  })
  after(async () => {
    await service?.end('SIGTERM')
    await rm(folder, { recursive: true, force: true })
  })

  it('signs somebody up', async () => {
    const email = newAddress()
    const { exitCode, output } = await signUp(places, email.toUpperCase())
    assert.equal(exitCode, 0, output)
    const [registered, code, activated, account] = output.trim().split('\n')
    assert.match(registered ?? '', new RegExp(`^registered: .*"email":"${email}","is_active":false`))
    assert.match(code ?? '', /^the code in the mail: \d{4}$/)
    assert.equal(activated, 'activated: {"message":"Account activated successfully"}')
    assert.match(account ?? '', new RegExp(`^the account: .*"email":"${email}","is_active":true`))
  })

  it('takes a password with all that means something to shells, JSON and curl, and an address of its own', async () => {
    for (const strange of [`It's-"\\\\n"-%s-$HOME-Ä:`, '@-#{}[]<>|&;*?~`Aa`']) {
      const { exitCode, output } = await signUp({ ...places, PASSWORD: strange })
      assert.equal(exitCode, 0, output)
      assert.match(output, /"is_active":true/)
      assert.ok(!output.includes(strange))
    }
  })

  it('says what was refused', async () => {
    const email = newAddress()
    await signUp(places, email)
    const again = await signUp(places, email)
    assert.equal(again.exitCode, 1)
    assert.match(again.output, /^sign-up: \/users answered 409: .*"code":"email_taken"/)
    const weak = await signUp({ ...places, PASSWORD: 'tiny-hat' })
    assert.equal(weak.exitCode, 1)
    assert.match(weak.output, /^sign-up: \/users answered 422: .*"must have at least 12 characters"/)
  })

  it('says who does not answer', async () => {
    const gone = await startReceiver(() => {})
    await gone.close()
    const noService = await signUp({ ...places, VESTIBULE_URL: gone.url })
    assert.equal(noService.exitCode, 1)
    assert.match(noService.output, /^sign-up: no answer from http:\S+: is it running\?/m)
    const noMailbox = await signUp({ ...places, MAILBOX_URL: gone.url })
    assert.equal(noMailbox.exitCode, 1)
    assert.match(noMailbox.output, /^sign-up: no answer from http:\S+: npm start prints/m)
  })
})
