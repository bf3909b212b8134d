import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import type { Client } from '../support/client.ts'

export const execute = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PORTS = ['VESTIBULE_PORT', 'MAILPIT_PORT', 'BALANCER_PORT'] as const

/** A project of its own from compose.yaml, on free ports. */
export type Project = {
  /** Runs Compose, and returns what it prints. */
  compose: (...args: string[]) => Promise<string>
  /** Where a port of compose.yaml is published. */
  urlOf: (port: (typeof PORTS)[number]) => string
  /** Waits until what is published there is ready. */
  ready: (client: Client) => Promise<void>
  /** The code of the newest mail to an address, once there are so many. */
  newestCode: (address: string, mails: number) => Promise<string>
}

/** `options` stand before Compose's command each time. */
export const openProject = async (...options: string[]): Promise<Project> => {
  const [command = '', ...args] = await findCompose()
  const ports = Object.fromEntries(
    await Promise.all(PORTS.map(async name => [name, String(await freePort())])),
  )
  const run = {
    cwd: ROOT,
    env: { ...process.env, ...ports },
    maxBuffer: 1e8,
  }
  const project = `vestibule-test-${process.pid}`
  const compose: Project['compose'] = async (...more) =>
    (await execute(command, [...args, ...options, '-p', project, ...more], run)).stdout
  const urlOf: Project['urlOf'] = port => `http://127.0.0.1:${ports[port]}`
  return {
    compose,
    urlOf,
    ready: async ({ ask }) => {
      for (const deadline = Date.now() + 90_000; Date.now() < deadline; await sleep(200)) {
        const answer = await ask('GET', '/health/ready').catch(() => undefined)
        if (answer?.status === 200) return
      }
      throw new Error(`not ready:\n${await compose('logs', '--no-color')}`)
    },
    newestCode: (address, mails) => newestCode(urlOf('MAILPIT_PORT'), address, mails),
  }
}

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
