// `npm run test:compose`: the profiles of compose.yaml, as an operator would run them. Needs what stack.ts needs.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, type Client, createClient, newAddress } from '../support/client.ts'
import { openProject, type Project } from './project.ts'

const PEOPLE = 12

describe('three instances of compose.yaml behind HAProxy, with PgBouncer, Redis and RabbitMQ', () => {
  let project: Project
  let client: Client
  before(async () => {
    project = await openProject('--env-file', 'deploy/everything.env')
    client = createClient(project.urlOf('BALANCER_PORT'))
    await project.compose('up', '-d', '--build')
    await project.ready(client)
  })
  after(() => project.compose('down', '--volumes', '--timeout', '15'))

  /** Asks again when the instance was lost under the request, or is busy; what took effect before is as good. */
  const untilDone = async (ask: () => Promise<Answer>, done: number, before?: string): Promise<Answer> => {
    for (;;) {
      const answer = await ask()
      if (answer.status === done || (before && answer.body.code === before)) return answer
      assert.equal(answer.status, 503, JSON.stringify(answer.body))
      await sleep(Number(answer.headers.get('retry-after')) * 1000)
    }
  }
  const signUp = async (): Promise<void> => {
    const email = newAddress()
    await untilDone(() => client.register(email), 201, 'email_taken')
    const code = await project.newestCode(email, 1)
    await untilDone(() => client.activate(email, code), 200, 'already_active')
    assert.equal((await untilDone(() => client.me(email), 200)).body.is_active, true)
  }

  it('registers and activates while an instance is killed', async () => {
    await signUp()
    const others = Array.from({ length: PEOPLE - 1 }, signUp)
    await Promise.all([...others, project.compose('kill', '-s', 'SIGKILL', 'app-2')])
  })

  it('brings all events to RabbitMQ, each of them once to the consumer', async () => {
    const taken = async () => {
      const printed = await project.compose('logs', '--no-color', 'consumer')
      return [...printed.matchAll(/(user\.\w+\.v1) \S+ taken/g)].map(([, type]) => type)
    }
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(500)) {
      if ((await taken()).length >= 2 * PEOPLE) break
    }
    const types = await taken()
    for (const type of ['user.registered.v1', 'user.activated.v1']) {
      assert.equal(types.filter(other => other === type).length, PEOPLE, type)
    }
  })

  it('counts networks in Redis', async () => {
    const script = 'REDISCLI_AUTH=$(cat /run/redis-secrets/password) redis-cli --scan --pattern "vestibule:*"'
    assert.match(await project.compose('exec', '-T', 'redis', 'sh', '-c', script), /^vestibule:/m)
  })

  it('reaches the database through PgBouncer', async () => {
    const log = await project.compose('logs', '--no-color', 'pgbouncer')
    assert.match(log, /login attempt: db=vestibule user=vestibule/)
  })
})
