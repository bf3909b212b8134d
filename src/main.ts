import { enableCompileCache } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Addresses } from './app.ts'
import type { Config } from './config.ts'

// Half of the time until it is ready, a start spent on stripping and compiling what the one before it had: what is
// imported from here on is kept beside the packages, also by the local mailbox, which is a process of its own. Where
// nothing can be written they do without.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url))
enableCompileCache(process.env.NODE_COMPILE_CACHE)

const USAGE = `Usage: vestibule <command>

  serve            start the service
  migrate …        bring the schema of the database up to date: up, down, status
  users …          look at users, activate and delete them: list, show, activate, delete
  outbox …         look at what waits to leave, and steer it: list, show, retry, drop
  doctor           check the configuration and everything the service depends on, and say what to do

All but serve take --json, for programs.

The environment configures all of them: see README.md.
`

const DATA_DIR = resolve('.data')

const main = async ([command, ...args]: string[]): Promise<void> => {
  const [argument] = args
  if (command === 'serve' && argument === undefined) return serve()
  if (command === 'migrate' || command === 'outbox' || command === 'users' || command === 'doctor') {
    const { migrate, outbox, users, doctor } = await import('./operator.ts')
    const run = { migrate, outbox, users, doctor }[command]
    const { output, exitCode } = await run(await environment(), DATA_DIR, args)
    // What doctor finds wrong is its answer, also to a program that reads it.
    const isAnswer = exitCode === 0 || (command === 'doctor' && exitCode === 1)
    process[isAnswer ? 'stdout' : 'stderr'].write(output)
    process.exitCode = exitCode
    return
  }
  if (command === '--help' || command === '-h') {
    process.stdout.write(USAGE)
    return
  }
  process.stderr.write(USAGE)
  process.exitCode = 2
}

/** What reads the environment, and throws when something in it is wrong. */
const environment = async (): Promise<() => Config> => {
  const { loadEnvFile, readConfig } = await import('./config.ts')
  return () => {
    loadEnvFile()
    return readConfig(process.env, process.stdout.isTTY === true)
  }
}

/** What DNS and files need of libuv's pool beside the hashes: as much as it has by default. */
const OTHER_THREADS = 4

const serve = async (): Promise<void> => {
  const config = (await environment())()
  // Has to be said before anything uses the pool. Its 4 threads would hold 4 hashes, and DNS would wait for them.
  process.env.UV_THREADPOOL_SIZE = String(config.hashConcurrency + OTHER_THREADS)
  const { createApp } = await import('./app.ts')
  const app = createApp(config, DATA_DIR)
  let stopping = false
  const stop = () => {
    // Whoever asks twice does not want to wait.
    if (stopping) process.exit(1)
    stopping = true
    app.stop().then(() => process.exit(0), fail)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)

  const addresses = await app.start()
  if (!config.production) process.stdout.write(banner(addresses, config))
}

const banner = ({ api, mailbox, embeddedDatabase }: Addresses, config: Config): string => {
  const url = api.replace('127.0.0.1', 'localhost')
  const lines = [
    `Sign up    ${url}/`,
    `API        ${url}`,
    ...(config.docsEnabled ? [`Docs       ${url}/docs`] : []),
    ...(mailbox ? [`Mailbox    ${mailbox}  (every mail lands here, none leaves this machine)`] : []),
    `Database   ${embeddedDatabase ? `embedded PostgreSQL in ${DATA_DIR} (for development)` : 'DATABASE_URL'}`,
  ]
  return `\n  Vestibule is ready\n\n${lines.map(line => `  ${line}\n`).join('')}\n`
}

/** What went wrong and why, for whoever can mend it; a stack would only hide that. */
const fail = (error: unknown): void => {
  process.stderr.write(`${explain(error)}\n`)
  process.exit(1)
}

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}\n  because: ${explain(error.cause)}`
}

main(process.argv.slice(2)).catch(fail)
