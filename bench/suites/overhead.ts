// What a registration costs beside its hash: the service with nothing in the place of its hashes, its mail handed over
// and its event published. Of several numbers of clients, the one with the best median counts.
import { memoryMib } from '../support/cpu.ts'
import { median } from '../support/figures.ts'
import { answersOf, expectOnly, startLoad } from '../support/load-orders.ts'
import {
  openStage,
  PATIENT,
  type Stage,
  type StageDatabase,
  type StageService,
  watchCpu,
} from '../support/stage.ts'
import type { Suite } from '../support/suite.ts'

const CLIENTS = [16, 32, 64]

export const overhead: Suite = async ({ quick, progress }) => {
  const seconds = quick ? { warmUp: 4, service: 2 } : { warmUp: 20, service: 8 }
  const rounds = quick ? 2 : 5

  await using running = new AsyncDisposableStack()
  progress('starting')
  const stage = await openStage(running)
  const mailbox = await startLoad(running)
  const database = await stage.database('overhead')
  const service = await stage.serveUnhashed(database, { ...PATIENT, MAIL_HTTP_URL: mailbox.mailUrl })
  const load = (clients: number, forSeconds: number) =>
    registerUnhashed({ stage, database, service, mailbox }, clients, forSeconds)

  progress('warm-up')
  await load(32, seconds.warmUp)
  const loads = new Map(CLIENTS.map(clients => [clients, [] as UnhashedLoad[]]))
  for (let round = 1; round <= rounds; round += 1) {
    for (const [clients, done] of loads) {
      progress(`round ${round} of ${rounds}: ${clients} clients`)
      done.push(await load(clients, seconds.service))
    }
  }
  const rateOf = (done: UnhashedLoad[]): number => median(done.map(({ perSecond }) => perSecond))
  const [clients, best] = [...loads].toSorted(([, one], [, other]) => rateOf(other) - rateOf(one))[0] ?? [
    0,
    [],
  ]
  const memory = memoryMib(service.pid)

  progress('counting statements')
  const statements = await database.statementsOfEach(
    async () => (await load(clients, seconds.service)).registrations,
  )

  const cpu = (of: keyof UnhashedLoad['cpuMs']): number[] => best.map(({ cpuMs }) => cpuMs[of])
  return {
    parameters: { rounds, seconds, clients: CLIENTS },
    figures: [
      {
        name: `registrations without hashes, mails handed over (${clients} clients)`,
        unit: '/s',
        values: best.map(({ perSecond }) => perSecond),
        aim: { least: 5000 },
      },
      { name: 'CPU of each: main thread', unit: 'ms', values: cpu('main') },
      { name: 'CPU of each: other threads of the service', unit: 'ms', values: cpu('otherThreads') },
      { name: 'CPU of each: database', unit: 'ms', values: cpu('database') },
      { name: 'CPU of each: the load itself', unit: 'ms', values: cpu('load') },
      { name: 'CPU of each: the mailboxes', unit: 'ms', values: cpu('mailbox') },
      {
        name: 'SQL statements per registration, without hashes',
        unit: '',
        values: [statements],
        aim: { most: 1.2 },
      },
      { name: 'resident memory without hashes', unit: 'MiB', values: [memory.now] },
      { name: 'the most of it', unit: 'MiB', values: [memory.peak] },
    ],
    details: { loads: Object.fromEntries(loads) },
  }
}

/** `perSecond` counts until the last mail and event was carried; `cpuMs` is for each registration. */
export type UnhashedLoad = {
  registrations: number
  perSecond: number
  cpuMs: Record<'main' | 'otherThreads' | 'database' | 'load' | 'mailbox', number>
}

/** Registers for some seconds, until everything has been carried. Throws unless there is a mail for each. */
export const registerUnhashed = async (
  at: { stage: Stage; database: StageDatabase; service: StageService; mailbox: Stage['load'] },
  clients: number,
  seconds: number,
): Promise<UnhashedLoad> => {
  const { stage, database, service, mailbox } = at
  const before = { load: await stage.load.state(), mailbox: await mailbox.state() }
  const spent = watchCpu(stage, service)
  const start = performance.now()
  const report = await stage.load.run({
    kind: 'register',
    urls: [service.url],
    seconds,
    loop: { clients },
    mailsComeHere: false,
  })
  await database.untilCarried()
  const took = (performance.now() - start) / 1000
  const { main, hashing, otherThreads, database: databaseSeconds } = spent()
  const after = { load: await stage.load.state(), mailbox: await mailbox.state() }

  expectOnly(report, 'register 201')
  const registrations = answersOf(report, 'register 201').count
  const mails = after.mailbox.mails - before.mailbox.mails
  if (mails !== registrations) throw new Error(`${mails} mails for ${registrations} registrations`)
  const each = (total: number): number => (total / registrations) * 1000
  return {
    registrations,
    perSecond: registrations / took,
    cpuMs: {
      main: each(main),
      otherThreads: each(hashing + otherThreads),
      database: each(databaseSeconds),
      load: each(after.load.cpuSeconds - before.load.cpuSeconds),
      mailbox: each(after.mailbox.cpuSeconds - before.mailbox.cpuSeconds),
    },
  }
}
