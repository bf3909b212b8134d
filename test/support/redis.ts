import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import type { Certificate } from './certificate.ts'
import { scratchFolder } from './command.ts'
import { end, skipWithout, untilSays } from './programs.ts'

/** A Redis of the test's own, which keeps nothing on disk. */
export type RedisServer = {
  port: number
  url: string
  /** Sends it one command, as `redis-cli` does, and returns what that prints. */
  command: (...words: string[]) => Promise<string>
  /** Lets it hang: it stays connected and answers nothing, until it goes on with what has arrived. */
  hang: () => void
  goOn: () => void
  /** As `kill -9` does. */
  kill: () => Promise<void>
  /** Starts it again after that, on the same port, empty. */
  restart: () => Promise<void>
  stop: () => Promise<void>
}

const installed = spawnSync('redis-server', ['--version']).status === 0

export const noRedis = skipWithout(
  installed,
  'needs Redis (apt-get install redis-server, brew install redis); the tests start it themselves',
)

/** Starts a Redis on a free port, with more `settings` if need be; with a `certificate` it speaks TLS only. */
export const startRedis = async (
  settings: string[] = [],
  certificate?: Certificate,
): Promise<RedisServer> => {
  if (!installed) throw new Error('Redis is not installed (apt-get install redis-server)')
  const folder = await scratchFolder()
  const port = await freePort()
  const everywhere = ['--bind', '127.0.0.1', '--save', '', '--dir', folder, '--port']
  const args = certificate
    ? [...everywhere, '0', '--tls-port', `${port}`, ...(await tlsSettings(folder, certificate))]
    : [...everywhere, `${port}`]
  let server = await run([...args, ...settings])

  const kill = async () => void (await end(server, 'SIGKILL'))
  return {
    port,
    url: `${certificate ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
    command: async (...words) =>
      (await promisify(execFile)('redis-cli', ['-p', `${port}`, ...words])).stdout.trim(),
    hang: () => server.kill('SIGSTOP'),
    goOn: () => server.kill('SIGCONT'),
    kill,
    restart: async () => {
      server = await run([...args, ...settings])
    },
    stop: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Starts a cluster of three masters without replicas. */
export const startRedisCluster = async (): Promise<RedisServer[]> => {
  const starting = Array.from({ length: 3 }, async () =>
    startRedis(['--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`]),
  )
  const nodes = await Promise.all(starting)
  const [first] = nodes as [RedisServer]
  const ranges = ['0 5460', '5461 10922', '10923 16383']
  for (const [index, node] of nodes.entries()) {
    await node.command('cluster', 'addslotsrange', ...(ranges[index] ?? '').split(' '))
    await node.command('config', 'set', 'cluster-node-timeout', '2000')
    await node.command('cluster', 'set-config-epoch', `${index + 1}`)
  }
  for (const node of nodes.slice(1)) {
    const busPort = await node.command('config', 'get', 'cluster-port')
    await first.command('cluster', 'meet', '127.0.0.1', `${node.port}`, busPort.split('\n').at(-1) ?? '')
  }
  for (const node of nodes) {
    while (!(await node.command('cluster', 'info')).includes('cluster_state:ok')) await sleep(50)
  }
  return nodes
}

const run = async (args: string[]): Promise<ChildProcess> => {
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  await untilSays(server, /Ready to accept connections/, 'Redis')
  return server
}

const tlsSettings = async (folder: string, { cert, key }: Certificate): Promise<string[]> => {
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await writeFile(certFile, cert)
  await writeFile(keyFile, key)
  return [
    ...['--tls-cert-file', certFile, '--tls-key-file', keyFile],
    ...['--tls-ca-cert-file', certFile, '--tls-auth-clients', 'no'],
  ]
}
