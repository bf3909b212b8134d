import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { scratchFolder } from './command.ts'
import { end, hasEnded, skipWithout } from './programs.ts'

/** The real HAProxy, with the configuration that comes with the service. */
export type Balancer = {
  url: string
  /** Waits until it sends requests to an instance (from 0), or does not any more. */
  until: (instance: number, state: 'up' | 'down') => Promise<void>
  stop: () => Promise<void>
}

/** Each takes two files, of which a machine for tests may not allow as many as one in production. */
const CONNECTIONS = 2000
const CONFIGURATION = fileURLToPath(new URL('../../deploy/haproxy.cfg', import.meta.url))
const installed = spawnSync('haproxy', ['-v']).status === 0

export const noBalancer = skipWithout(
  installed,
  'needs HAProxy (apt-get install haproxy, brew install haproxy); the tests start it themselves',
)

/** Starts it in front of three instances, each as `host:port`. */
export const startBalancer = async (
  instances: readonly [string, string, string],
  publicUrl: string,
): Promise<Balancer> => {
  if (!installed) throw new Error('HAProxy is not installed (apt-get install haproxy)')
  const folder = await scratchFolder()
  const [socket, more] = [join(folder, 'admin.sock'), join(folder, 'admin.cfg')]
  await writeFile(more, `global\n  stats socket ${socket} mode 600 level admin\n`)
  const listen = `127.0.0.1:${await freePort()}`
  const [one, two, three] = instances
  const balancer = spawn('haproxy', ['-db', '-n', `${CONNECTIONS}`, '-f', CONFIGURATION, '-f', more], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      HAPROXY_LISTEN: listen,
      PUBLIC_URL: publicUrl,
      VESTIBULE_1: one,
      VESTIBULE_2: two,
      VESTIBULE_3: three,
    },
  })
  await untilAnswering(balancer, socket)
  return {
    url: `http://${listen}`,
    until: async (instance, state) => {
      while ((await stateOf(socket, instance)) !== state) await sleep(50)
    },
    stop: async () => {
      await end(balancer, 'SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const untilAnswering = async (balancer: ChildProcess, socket: string): Promise<void> => {
  let said = ''
  balancer.stderr?.on('data', chunk => {
    said += chunk
  })
  for (;;) {
    if (hasEnded(balancer)) throw new Error(`HAProxy ended with ${balancer.exitCode}:\n${said}`)
    const answers = await command(socket, 'show info').then(
      () => true,
      () => false,
    )
    if (answers) return
    await sleep(20)
  }
}

/** `show stat` is CSV; `svname` is the second column, and the only `status` that gets requests is UP. */
const stateOf = async (socket: string, instance: number): Promise<'up' | 'down'> => {
  const rows = (await command(socket, 'show stat')).split('\n').map(line => line.split(','))
  const column = rows[0]?.indexOf('status') ?? -1
  const row = rows.find(([, name]) => name === `vestibule-${instance + 1}`)
  return /^UP\b/.test(row?.[column] ?? '') ? 'up' : 'down'
}

/** Asks the running HAProxy, by its management socket (management.txt §9.3). */
const command = async (path: string, line: string): Promise<string> => {
  const socket = connect(path)
  let answer = ''
  socket.on('data', chunk => {
    answer += chunk
  })
  socket.end(`${line}\n`)
  await once(socket, 'close')
  return answer
}
