import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { connect, type GetMessage } from 'amqplib'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { scratchFolder } from './command.ts'
import { hasEnded, skipWithout, untilSays } from './programs.ts'

/** A RabbitMQ of the test's own: nobody else's data, ports or processes are touched. */
export type Broker = {
  url: string
  /** As `kill -9` does. A quorum queue that was declared less than a second or two ago may not survive that. */
  kill: () => Promise<void>
  /** Starts it again after that, on the same port, with what it had on disk. */
  restart: () => Promise<void>
  /** Runs `rabbitmqctl`. */
  control: (...args: string[]) => Promise<string>
  stop: () => Promise<void>
}

/** Debian's own commands insist on being run by root or rabbitmq: those behind them run as anybody. */
const DEBIAN = '/usr/lib/rabbitmq/bin'
const command = (name: string): string => (existsSync(DEBIAN) ? join(DEBIAN, name) : name)

const installed = spawnSync('sh', ['-c', `command -v ${command('rabbitmq-server')}`]).status === 0

export const noBroker = skipWithout(
  installed,
  'needs RabbitMQ (apt-get install rabbitmq-server, brew install rabbitmq); the tests start it themselves',
)

export const startBroker = async (settings: string[] = []): Promise<Broker> => {
  if (!installed) throw new Error('RabbitMQ is not installed (apt-get install rabbitmq-server)')
  const folder = await scratchFolder()
  await mkdir(join(folder, 'data'))
  await writeFile(join(folder, 'plugins'), '[].')
  await writeFile(join(folder, 'rabbitmq.conf'), settings.map(line => `${line}\n`).join(''))
  const [port, distributionPort, epmdPort] = [await freePort(), await freePort(), await freePort()]
  const env = {
    PATH: process.env.PATH ?? '',
    LANG: 'C.UTF-8',
    // Where Erlang keeps its cookie.
    HOME: folder,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: 'tests@localhost',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_LOGS: '-',
    // Erlang would wait busily for work, on cores that others need.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+sbwt none +sbwtdcpu none +sbwtdio none',
  }
  let server = await startServer(env)
  const kill = async (): Promise<void> => {
    if (server.pid === undefined || hasEnded(server)) return
    const ended = once(server, 'exit')
    process.kill(-server.pid, 'SIGKILL')
    await ended
  }
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    kill,
    restart: async () => {
      server = await startServer(env)
    },
    control: async (...args) => (await promisify(execFile)(command('rabbitmqctl'), args, { env })).stdout,
    stop: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/**
 * One process group: Erlang's port mapper, which it would start itself and leave behind, the server, and a shell
 * that ends them all once nobody holds its input any more, however the test has ended.
 */
const SCRIPT = 'epmd -port "$ERL_EPMD_PORT" & "$0" < /dev/null & cat > /dev/null; kill -9 0'

const startServer = async (env: Record<string, string>): Promise<ChildProcess> => {
  const server = spawn('sh', ['-c', SCRIPT, command('rabbitmq-server')], { env, detached: true })
  await untilSays(server, /Server startup complete/, 'RabbitMQ')
  return server
}

/** After it a queue that was declared before survives a crash: RabbitMQ does not say when it has that on disk. */
export const untilQueuesLast = (): Promise<void> => sleep(2500)

/** A consumer of the test's own, on a connection of its own. */
export const openConsumer = async (url: string) => {
  const connection = await connect(url, { noDelay: true })
  connection.on('error', () => {})
  const channel = await connection.createChannel()
  channel.on('error', () => {})
  return {
    channel,
    /** Binds a durable quorum queue to the exchange of the events, which is there then. */
    bind: async (queue: string, key = '#', more: Record<string, unknown> = {}) => {
      await channel.assertExchange('vestibule.events', 'topic', { durable: true })
      await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum', ...more } })
      await channel.bindQueue(queue, 'vestibule.events', key)
    },
    /** Takes and acknowledges all that is in a queue; what it has taken is in `messages` even if it throws. */
    drain: async (queue: string, messages: GetMessage[] = []): Promise<GetMessage[]> => {
      for (;;) {
        const message = await channel.get(queue)
        if (!message) return messages
        messages.push(message)
        channel.ack(message)
      }
    },
    close: () => connection.close().catch(() => {}),
  }
}
