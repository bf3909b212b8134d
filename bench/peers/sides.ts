import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { end, startService } from '../support/service.ts'
import { createDatabase } from './database.ts'

/** One of those that are compared: where it answers, its process, its database and the tables a sign-up writes to. */
export type Side = {
  name: string
  url: string
  pid: number
  database: { name: string; url: string }
  tables: readonly string[]
}

/** The pool that hashes: as `vestibule serve` sets it for itself. */
const POOL = { UV_THREADPOOL_SIZE: String(availableParallelism() + 4) }

/** Vestibule by its real command, with every default but the limits. */
export const startVestibule = async (
  running: AsyncDisposableStack,
  server: string,
  mailUrl: string,
): Promise<Side> => {
  const database = { name: 'vestibule', url: await createDatabase(server, 'vestibule') }
  const { url, pid } = await startService(running, database.url, { MAIL_HTTP_URL: mailUrl })
  return { name: 'vestibule', url, pid, database, tables: ['users', 'address_ledger'] }
}

/** better-auth, ready when this returns; its schema by its own migration, in a database called `name`. */
export const startBetterAuth = async (
  running: AsyncDisposableStack,
  server: string,
  mailUrl: string,
  name = 'better_auth',
): Promise<Side> => {
  const database = { name, url: await createDatabase(server, name) }
  const port = await freePort()
  const child = fork(new URL('better-auth.ts', import.meta.url), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      ...POOL,
      NODE_ENV: 'production',
      DATABASE_URL: database.url,
      MAIL_HTTP_URL: mailUrl,
      PORT: String(port),
      BETTER_AUTH_SECRET: 'a9Xk2-for-benchmarks-and-nothing-else-Qw7Lz0',
    },
  })
  running.defer(() => end(child))
  await Promise.race([once(child, 'message'), failed(once(child, 'exit'))])
  const url = `http://127.0.0.1:${port}`
  return {
    name: 'better-auth',
    url,
    pid: child.pid ?? 0,
    database,
    tables: ['user', 'account', 'verification'],
  }
}

const failed = async (exit: Promise<unknown[]>): Promise<never> => {
  const [code] = await exit
  throw new Error(`better-auth ended with ${code} before it was ready`)
}
