// `npm run test:compose`: the stack of compose.yaml, as an operator would run it. Needs a Docker engine, and
// Compose v2 or docker-compose 1.29; COMPOSE names another command.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { createClient, newAddress } from '../support/client.ts'

const execute = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const findCompose = async (): Promise<string[]> => {
  if (process.env.COMPOSE) return process.env.COMPOSE.split(' ')
  for (const candidate of [['docker', 'compose'], ['docker-compose']]) {
    const [command = '', ...args] = candidate
    const found = await execute(command, [...args, 'version']).then(
      () => true,
      () => false,
    )
    if (found) return candidate
  }
  throw new Error('neither "docker compose" nor docker-compose is here')
}

/** What the mail service got for an address, by Mailpit's API; the code of its newest mail. */
const newestCode = async (mailpit: string, address: string, mails: number): Promise<string> => {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
    const found = await fetch(`${mailpit}/api/v1/search?query=${encodeURIComponent(`to:${address}`)}`)
    const { messages } = (await found.json()) as { messages: { ID: string }[] }
    const [newest] = messages
    if (messages.length < mails || !newest) continue
    const { Text } = (await (await fetch(`${mailpit}/api/v1/message/${newest.ID}`)).json()) as {
      Text: string
    }
    return /^\s*(\d{4})\s*$/m.exec(Text)?.[1] ?? ''
  }
  throw new Error(`Mailpit has no mail to ${address}`)
}

describe('the stack of compose.yaml', () => {
  let compose: (...args: string[]) => Promise<string>
  let client: ReturnType<typeof createClient>
  let mailpit: string

  before(async () => {
    const [command = '', ...args] = await findCompose()
    const [port, mailpitPort] = [await freePort(), await freePort()]
    const env = { ...process.env, VESTIBULE_PORT: String(port), MAILPIT_PORT: String(mailpitPort) }
    const project = `vestibule-test-${process.pid}`
    compose = async (...more) => {
      const run = await execute(command, [...args, '-p', project, ...more], {
        cwd: ROOT,
        env,
        maxBuffer: 1e8,
      })
      return run.stdout
    }
    client = createClient(`http://127.0.0.1:${port}`)
    mailpit = `http://127.0.0.1:${mailpitPort}`
    await compose('up', '-d', '--build')
    await ready()
  })
  after(() => compose('down', '--volumes', '--timeout', '15'))

  const ready = async () => {
    for (const deadline = Date.now() + 90_000; Date.now() < deadline; await sleep(200)) {
      const answer = await client.ask('GET', '/health/ready').catch(() => undefined)
      if (answer?.status === 200) return
    }
    throw new Error(`not ready:\n${await compose('logs', '--no-color')}`)
  }

  const email = newAddress()

  it('registers and activates through the container, by the mail that Mailpit got', async () => {
    assert.equal((await client.register(email)).status, 201)
    const activated = await client.activate(email, await newestCode(mailpit, email, 1))
    assert.deepEqual([activated.status, activated.body.message], [200, 'Account activated successfully'])
  })

  it('loses nothing when every container is restarted', async () => {
    const waiting = newAddress()
    assert.equal((await client.register(waiting)).status, 201)
    const codeBefore = await newestCode(mailpit, waiting, 1)
    await compose('restart', 'app', 'database')
    await ready()

    assert.equal((await client.me(email)).body.is_active, true)
    assert.equal((await client.me(waiting)).body.is_active, false)
    // On a slow machine the restart may have taken the code's minute.
    const activated = await client.activate(waiting, codeBefore)
    assert.ok(
      activated.status === 200 || activated.body.code === 'expired_code',
      JSON.stringify(activated.body),
    )
  })

  it('loses nothing when application and database are killed', async () => {
    const waiting = newAddress()
    assert.equal((await client.register(waiting)).status, 201)
    await compose('kill', '-s', 'SIGKILL', 'app', 'database')
    await compose('up', '-d')
    await ready()

    assert.equal((await client.me(email)).body.is_active, true)
    assert.equal((await client.me(waiting)).body.is_active, false)
    // The mail left before the kill, or leaves now.
    assert.match(await newestCode(mailpit, waiting, 1), /^\d{4}$/)
  })

  it('ends cleanly when it is asked to', async () => {
    const container = (await compose('ps', '-q', 'app')).trim()
    await compose('stop', '--timeout', '12', 'app')
    const { stdout } = await execute('docker', [
      'inspect',
      '-f',
      '{{.State.Status}} {{.State.ExitCode}}',
      container,
    ])
    assert.equal(stdout.trim(), 'exited 0')
  })
})
