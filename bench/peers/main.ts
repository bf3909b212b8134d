// The same sign-up with a mailed code, by Vestibule and by better-auth: how near each comes to the rate at which this
// machine hashes passwords. They take turns in one run, with the bare hashes between them. README.md, beside this,
// says what is compared and how. Writes bench/results/peers.json, and its table into docs/performance.md.
//   node bench/peers/main.ts [rounds] [seconds of each turn] [seconds of warm-up]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Counts } from '../support/counting-provider.ts'
import { cpuSeconds, databaseCpuSeconds } from '../support/cpu.ts'
import { mean } from '../support/figures.ts'
import { startRawHashes } from '../support/raw-rate.ts'
import { say, share } from '../support/report.ts'
import { withTable } from '../support/results.ts'
import { COUNTED, end, provideDatabase } from '../support/service.ts'
import { checkSignUp } from './check-sign-up.ts'
import { ask, rowsOf, statements } from './database.ts'
import type { SignUps } from './load-process.ts'
import { type Side, startBetterAuth, startVestibule } from './sides.ts'
import { type Round, summarise, type Turn, table } from './summary.ts'

const ROUNDS = Number(process.argv[2] ?? 5)
const SECONDS = Number(process.argv[3] ?? 20)
const WARM_UP_SECONDS = Number(process.argv[4] ?? 20)
const RAW_SECONDS = SECONDS / 2
const CLIENTS = 8
/** How long the mails of a turn may take after its last answer. */
const PATIENCE_MS = 30_000

const argon2 = await sameVersion('@node-rs/argon2')
await using running = new AsyncDisposableStack()
const server = await provideDatabase(running, COUNTED)
await ask(server, 'create extension pg_stat_statements')
const databaseCpu = await databaseCpuSeconds(server)
await checkSignUp(server)
say('checked', 'better-auth: sign up, code by mail, verify, sign in')

const sink = fork(new URL('../support/counting-provider.ts', import.meta.url))
running.defer(() => end(sink))
const [sinkUrl] = await once(sink, 'message')
const sides = [
  await startBetterAuth(running, server, `${sinkUrl}/mail`),
  await startVestibule(running, server, `${sinkUrl}/mail`),
]
for (const side of sides) {
  say('warm-up', side.name)
  await counted('forget')
  const { done } = await load(side, WARM_UP_SECONDS)
  await mailsOnceThereAre(done)
}

const rounds: Round[] = []
const rowsBefore = await allRows()
const hashes = await startRawHashes(running)
const raw = [await hashes(RAW_SECONDS)]
for (let number = 1; number <= ROUNDS; number += 1) {
  const round: Round = {}
  // There and back again, so that a machine that slows down slows both.
  for (const side of number % 2 === 1 ? sides : sides.toReversed()) {
    const turn = await measure(side)
    raw.push(await hashes(RAW_SECONDS))
    const bare = raw.slice(-2)
    const ratio = turn.rate / mean(bare.map(({ rate }) => rate))
    const hashing = mean(bare.map(({ cpu }) => cpu)) / (turn.appCpu + turn.databaseCpu)
    round[side.name] = { ...turn, ratio, hashing }
    say(`round ${number}`, `${side.name}: ${turn.rate.toFixed(1)}/s, ${share(ratio)} of the bare hashes`)
  }
  rounds.push(round)
}

const rowsAfter = await allRows()
const [postgres] = await ask<{ version: string }>(
  server,
  `select current_setting('server_version') as version`,
)
const result = {
  machine: { cores: availableParallelism(), node: process.version, postgres: postgres?.version },
  versions: { 'better-auth': await versionOf('better-auth', import.meta.url), '@node-rs/argon2': argon2 },
  settings: { rounds: ROUNDS, seconds: SECONDS, warmUpSeconds: WARM_UP_SECONDS, clients: CLIENTS },
  ...summarise(raw, rounds),
  rows: rowsPerSignUp(),
  bareHashes: raw,
  rounds,
}
const folder = new URL('../results/', import.meta.url)
await mkdir(folder, { recursive: true })
await writeFile(new URL('peers.json', folder), `${JSON.stringify(result, null, 2)}\n`)
process.stdout.write(`\n${table(result)}\n`)
const page = new URL('../../docs/performance.md', import.meta.url)
await writeFile(page, withTable(await readFile(page, 'utf8'), 'peers', table(result)))

async function measure(side: Side): Promise<Omit<Turn, 'ratio' | 'hashing'>> {
  await counted('forget')
  const used = async () => ({
    app: cpuSeconds(side.pid),
    database: databaseCpu(),
    statements: await statements(server, side.database.name),
  })
  const before = await used()
  const { done, ...signUps } = await load(side, SECONDS)
  const mailsInTime = (await counted('count')).mail.total
  const mails = await mailsOnceThereAre(done)
  const after = await used()
  return {
    ...signUps,
    done,
    mails: mails / done,
    mailsInTime: mailsInTime / done,
    appCpu: (after.app - before.app) / done,
    databaseCpu: (after.database - before.database) / done,
    statements: (after.statements - before.statements) / done,
  }
}

/** The mails of a load are part of what it costs. Returns how many there are then, or when patience ends. */
async function mailsOnceThereAre(enough: number): Promise<number> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const { total } = (await counted('count')).mail
    if (total >= enough || performance.now() > deadline) {
      // What is written down after the mail is gone, is part of it too; and a mail too many would show.
      await sleep(500)
      return (await counted('count')).mail.total
    }
    await sleep(50)
  }
}

async function counted(what: 'count' | 'forget'): Promise<Counts> {
  sink.send(what)
  const [counts] = await once(sink, 'message')
  return counts
}

/** In a process of its own, which tells what came of it. */
async function load(side: Side, seconds: number): Promise<SignUps> {
  const args = [side.name, side.url, String(CLIENTS), String(seconds)]
  const child = fork(new URL('load-process.ts', import.meta.url), args)
  const ended = once(child, 'exit')
  const [message] = await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error('the load failed'))),
  ])
  await ended
  return message
}

async function allRows(): Promise<Record<string, Record<string, number>>> {
  const counts = sides.map(async side => [side.name, await rowsOf(side.database.url, side.tables)] as const)
  return Object.fromEntries(await Promise.all(counts))
}

function rowsPerSignUp(): Record<string, Record<string, number>> {
  const perSignUp = ({ name, tables }: Side) => {
    const done = rounds.reduce((sum, turns) => sum + (turns[name]?.done ?? 0), 0)
    const added = (table: string) => (rowsAfter[name]?.[table] ?? 0) - (rowsBefore[name]?.[table] ?? 0)
    return [name, Object.fromEntries(tables.map(table => [table, added(table) / done]))]
  }
  return Object.fromEntries(sides.map(perSignUp))
}

/** Both sides hash with the same code, or nothing is compared. */
async function sameVersion(name: string): Promise<string> {
  const here = await versionOf(name, import.meta.url)
  const there = await versionOf(name, new URL('../', import.meta.url).href)
  if (here !== there) throw new Error(`bench/peers has ${name} ${here}, Vestibule ${there}`)
  return here
}

async function versionOf(name: string, from: string): Promise<string> {
  const path = findPackageJSON(name, from)
  if (!path) throw new Error(`${name} is not installed: npm ci --prefix bench/peers`)
  return JSON.parse(await readFile(path, 'utf8')).version
}
