// `npm run test:compose`: the stack of compose.yaml, as an operator would run it. Needs a Docker engine, and
// Compose v2 or docker-compose 1.29; COMPOSE names another command.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Client, createClient, newAddress } from '../support/client.ts'
import { execute, openProject, type Project } from './project.ts'

describe('the stack of compose.yaml', () => {
  let project: Project
  let client: Client
  before(async () => {
    project = await openProject()
    client = createClient(project.urlOf('VESTIBULE_PORT'))
    await project.compose('up', '-d', '--build')
    await project.ready(client)
  })
  after(() => project.compose('down', '--volumes', '--timeout', '15'))

  const email = newAddress()

  it('registers and activates through the container, by the mail that Mailpit got', async () => {
    assert.equal((await client.register(email)).status, 201)
    const activated = await client.activate(email, await project.newestCode(email, 1))
    assert.deepEqual([activated.status, activated.body.message], [200, 'Account activated successfully'])
  })

  it('loses nothing when every container is restarted', async () => {
    const waiting = newAddress()
    assert.equal((await client.register(waiting)).status, 201)
    const codeBefore = await project.newestCode(waiting, 1)
    await project.compose('restart', 'app', 'database')
    await project.ready(client)

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
    await project.compose('kill', '-s', 'SIGKILL', 'app', 'database')
    await project.compose('up', '-d')
    await project.ready(client)

    assert.equal((await client.me(email)).body.is_active, true)
    assert.equal((await client.me(waiting)).body.is_active, false)
    // The mail left before the kill, or leaves now.
    assert.match(await project.newestCode(waiting, 1), /^\d{4}$/)
  })

  it('ends cleanly when it is asked to', async () => {
    const container = (await project.compose('ps', '-q', 'app')).trim()
    await project.compose('stop', '--timeout', '12', 'app')
    const { stdout } = await execute('docker', [
      'inspect',
      '-f',
      '{{.State.Status}} {{.State.ExitCode}}',
      container,
    ])
    assert.equal(stdout.trim(), 'exited 0')
  })
})
