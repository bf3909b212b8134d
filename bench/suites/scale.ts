// Whether it stays fast: the same loads on databases with ten thousand, a million and ten million users, which take
// turns, so that whatever else happens on the machine happens to all of them.
import { migrateUp } from '../../src/infrastructure/postgres/migrate.ts'
import type { Figure } from '../support/figures.ts'
import {
  answersOf,
  expectOnly,
  type LoadReport,
  type Loop,
  type Order,
  rateOf,
} from '../support/load-orders.ts'
import { timeMaintenance } from '../support/maintenance.ts'
import { bytesOfPeople, fillWithManyPeople } from '../support/people.ts'
import {
  CLIENTS,
  hashingShare,
  openStage,
  PATIENT,
  type Stage,
  type StageDatabase,
  watchCpu,
} from '../support/stage.ts'
import type { Suite } from '../support/suite.ts'
import { registerUnhashed, type UnhashedLoad } from './overhead.ts'

const UNHASHED_CLIENTS = 32
/** Of what the service can do, while latency is measured. */
const BUSY = 0.7
const WAITING_MAILS = 100_000

type Size = { users: number; database: StageDatabase; fillSeconds: number; rounds: Round[] }
type Round = { perSecond: number; cpuShare: number; latency: LoadReport; unhashed: UnhashedLoad }
type Services = Record<'real' | 'unhashed', Awaited<ReturnType<Stage['serve']>>>

export const scale: Suite = async ({ quick, progress }) => {
  const counts = quick ? [10_000, 100_000] : [10_000, 1_000_000, 10_000_000]
  const seconds = quick ? { warmUp: 3, load: 2 } : { warmUp: 20, load: 8 }
  const rounds = quick ? 1 : 5

  await using running = new AsyncDisposableStack()
  const stage = await openStage(running)
  const sizes: Size[] = []
  for (const users of counts) {
    progress(`filling with ${users.toLocaleString('en')} users`)
    const database = await stage.database(`scale_${users}`)
    await migrateUp(database.url)
    const start = performance.now()
    await fillWithManyPeople(database.client, users)
    sizes.push({ users, database, fillSeconds: (performance.now() - start) / 1000, rounds: [] })
  }
  const bytes = await Promise.all(sizes.map(({ database }) => bytesOfPeople(database.client)))
  await takeTurns()

  const figures: Figure[] = []
  const details: object[] = []
  for (const [n, size] of sizes.entries()) {
    progress(`purge and outbox with ${size.users.toLocaleString('en')} users`)
    const maintenance = await timeMaintenance(size.database, WAITING_MAILS)
    details.push({ users: size.users, fillSeconds: size.fillSeconds, bytes: bytes[n], rounds: size.rounds })
    figures.push(...figuresOf(size, bytes[n] ?? {}))
    for (const [what, values] of Object.entries(maintenance)) {
      const name = `${MAINTENANCE[what as keyof typeof maintenance]}, ${usersOf(size)}`
      figures.push({ name, unit: 'ms', values, aside: size !== sizes.at(-1) })
    }
  }
  return {
    parameters: { rounds, seconds, counts, waitingMails: WAITING_MAILS },
    figures: [...comparisons(sizes), ...figures],
    details: { sizes: details },
  }

  /** The services are ended before anything else is measured, since they have couriers and purge as well. */
  async function takeTurns(): Promise<void> {
    await using now = new AsyncDisposableStack()
    const serving = await openServices(now)
    for (let round = 1; round <= rounds; round += 1) {
      // There and back again, so that a machine that slows down slows all of them.
      for (const { size, services } of round % 2 === 0 ? serving.toReversed() : serving) {
        progress(`round ${round} of ${rounds}: ${usersOf(size)}`)
        size.rounds.push(await measure(size, services, seconds.load))
      }
    }
  }

  async function openServices(now: AsyncDisposableStack): Promise<{ size: Size; services: Services }[]> {
    const serving: { size: Size; services: Services }[] = []
    for (const size of sizes) {
      progress(`warm-up with ${usersOf(size)}`)
      const services = {
        real: await stage.serve(size.database, PATIENT, now),
        unhashed: await stage.serveUnhashed(size.database, PATIENT, now),
      }
      serving.push({ size, services })
      await measure(size, services, seconds.warmUp / 3)
    }
    return serving
  }

  async function measure(
    { database }: Size,
    { real, unhashed }: Services,
    forSeconds: number,
  ): Promise<Round> {
    const register = async (loop: Loop): Promise<LoadReport> => {
      const order: Order = {
        kind: 'register',
        urls: [real.url],
        seconds: forSeconds,
        loop,
        mailsComeHere: true,
      }
      const report = await stage.load.run(order)
      await database.untilCarried()
      expectOnly(report, 'register 201', 'mail 200')
      return report
    }
    const spent = watchCpu(stage, real)
    const perSecond = rateOf(await register({ clients: CLIENTS }), 'register 201')
    const cpuShare = hashingShare(spent())
    const latency = await register({ perSecond: perSecond * BUSY })
    const at = { stage, database, service: unhashed, mailbox: stage.load }
    return {
      perSecond,
      cpuShare,
      latency,
      unhashed: await registerUnhashed(at, UNHASHED_CLIENTS, forSeconds),
    }
  }
}

const MAINTENANCE = {
  purge: 'purge of 500 pending users',
  ledger: 'a stretch of 10,000 of the ledger',
  claim: `claiming 100 of ${WAITING_MAILS.toLocaleString('en')} waiting mails`,
  settle: 'settling them',
}

const usersOf = ({ users }: Size): string => `${users.toLocaleString('en')} users`

/** What the most users do to it, against the fewest, round by round. */
const comparisons = (sizes: Size[]): Figure[] => {
  const [few, many] = [sizes[0], sizes.at(-1)]
  if (!few || !many) return []
  const ratio = (of: (round: Round) => number): number[] =>
    many.rounds.map((round, n) => of(round) / of(few.rounds[n] ?? round))
  const between = `${usersOf(many)} ÷ ${usersOf(few)}`
  return [
    {
      name: `hashing ÷ all CPU, ${between}`,
      unit: '',
      values: ratio(({ cpuShare }) => cpuShare),
      aim: { least: 0.97 },
    },
    { name: `registrations per second, ${between}`, unit: '', values: ratio(({ perSecond }) => perSecond) },
    {
      name: `the same without hashes, ${between}`,
      unit: '',
      values: ratio(({ unhashed }) => unhashed.perSecond),
    },
  ]
}

const figuresOf = (size: Size, bytes: Record<string, number>): Figure[] => {
  const of = (what: (round: Round) => number): number[] => size.rounds.map(what)
  const name = (figure: string): string => `${figure}, ${usersOf(size)}`
  return [
    { name: name('registrations'), unit: '/s', values: of(({ perSecond }) => perSecond), aside: true },
    { name: name('hashing ÷ all CPU'), unit: '', values: of(({ cpuShare }) => cpuShare), aside: true },
    {
      name: name('registrations without hashes'),
      unit: '/s',
      values: of(({ unhashed }) => unhashed.perSecond),
    },
    {
      name: name('database CPU of a registration without a hash'),
      unit: 'ms',
      values: of(({ unhashed }) => unhashed.cpuMs.database),
    },
    {
      name: name('registration at 70 %, p99'),
      unit: 'ms',
      values: of(({ latency }) => answersOf(latency, 'register 201').p99),
    },
    {
      name: name('request to mail at 70 %, p99'),
      unit: 'ms',
      values: of(({ latency }) => answersOf(latency, 'mail 200').p99),
    },
    ...Object.entries(bytes).map(([relation, size]) => ({
      name: name(`size of ${relation}`),
      unit: 'MiB',
      values: [size / 2 ** 20],
      aside: true,
    })),
  ]
}
