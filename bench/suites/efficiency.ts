// How much of the machine goes into hashes: what the service acknowledges in a second against the hashes that the
// same cores make in a second with nothing beside them, and its processor time likewise.
import { memoryMib } from '../support/cpu.ts'
import { type Figure, ratios } from '../support/figures.ts'
import { answersOf, expectOnly, rateOf, type Step } from '../support/load-orders.ts'
import { startRawHashes } from '../support/raw-rate.ts'
import { CLIENTS, hashingShare, openStage, PATIENT, type Spent, watchCpu } from '../support/stage.ts'
import type { Suite } from '../support/suite.ts'

type Kind = 'register' | 'activate' | 'journey'
type Key = `${Step} ${number}`
type Load = { kind: Kind; perSecond: number; done: number; spent: Spent }

/** Of each: how many clients, how many hashes it takes, its good answers, and the one that completes it. */
const KINDS: Record<Kind, { clients: number; hashes: number; good: Key[]; done: Key }> = {
  register: { clients: CLIENTS, hashes: 1, good: ['register 201', 'mail 200'], done: 'register 201' },
  activate: { clients: CLIENTS, hashes: 1, good: ['activate 200'], done: 'activate 200' },
  // While somebody waits for the mail, others have to keep the cores busy.
  journey: {
    clients: 2 * CLIENTS,
    hashes: 2,
    good: ['register 201', 'mail 200', 'activate 200'],
    done: 'activate 200',
  },
}

export const efficiency: Suite = async ({ quick, progress }) => {
  // V8 compiles what it has seen often: at the rate of real hashes, that takes a while.
  const seconds = quick
    ? { warmUp: 4, raw: 2, service: 3, statements: 3 }
    : { warmUp: 30, raw: 6, service: 12, statements: 10 }
  const rounds = quick ? 2 : 5

  await using running = new AsyncDisposableStack()
  progress('starting')
  const stage = await openStage(running)
  const hash = await startRawHashes(running)
  const database = await stage.database('efficiency')
  const service = await stage.serve(database, PATIENT)

  const raw: number[] = []
  const loads: Load[] = []
  progress('warm-up')
  await load('register', seconds.warmUp / 2)
  await load('journey', seconds.warmUp / 2)
  for (let round = 1; round <= rounds; round += 1) {
    for (const kind of ['register', 'activate', 'journey'] as const) {
      progress(`round ${round} of ${rounds}: raw hashes, then ${kind}`)
      raw.push((await hash(seconds.raw)).rate)
      loads.push(await load(kind, seconds.service))
    }
  }
  raw.push((await hash(seconds.raw)).rate)
  const memory = memoryMib(service.pid)

  progress('counting statements')
  const statements = await database.statementsOfEach(
    async () => (await load('register', seconds.statements)).done,
  )

  const shares = ratios(
    loads.map(({ kind, perSecond }) => perSecond * KINDS[kind].hashes),
    raw,
  )
  const of = (kind: Kind, what: (load: Load, n: number) => number): number[] =>
    loads.flatMap((load, n) => (load.kind === kind ? [what(load, n)] : []))
  const share = (kind: Kind): number[] => of(kind, (_, n) => shares[n] ?? Number.NaN)
  const cpuShare = (kind: Kind): number[] => of(kind, ({ spent }) => hashingShare(spent))
  const perSecond = (kind: Kind): number[] => of(kind, load => load.perSecond)
  const figures: Figure[] = [
    { name: 'registrations ÷ raw hashes', unit: '', values: share('register'), aim: { least: 0.88 } },
    { name: 'activations ÷ raw hashes', unit: '', values: share('activate') },
    { name: 'whole journeys × 2 ÷ raw hashes', unit: '', values: share('journey'), aim: { least: 0.88 } },
    {
      name: 'hashing ÷ all CPU of service and database, registrations',
      unit: '',
      values: cpuShare('register'),
      aim: { least: 0.93 },
    },
    { name: 'the same, activations', unit: '', values: cpuShare('activate') },
    { name: 'the same, whole journeys', unit: '', values: cpuShare('journey') },
    { name: 'raw hashes', unit: '/s', values: raw },
    { name: 'registrations', unit: '/s', values: perSecond('register') },
    { name: 'activations', unit: '/s', values: perSecond('activate') },
    { name: 'whole journeys', unit: '/s', values: perSecond('journey') },
    {
      name: 'SQL statements per registration, as fast as the hashes are',
      unit: '',
      values: [statements],
      aim: { most: 1.2 },
    },
    { name: 'resident memory under load', unit: 'MiB', values: [memory.now], aim: { most: 250 } },
    { name: 'the most of it', unit: 'MiB', values: [memory.peak] },
  ]
  const parameters = { rounds, seconds, clients: CLIENTS }
  return { parameters, figures, details: { loads } }

  async function load(kind: Kind, forSeconds: number): Promise<Load> {
    const { clients, good, done } = KINDS[kind]
    const spent = watchCpu(stage, service)
    const report = await stage.load.run({
      kind,
      urls: [service.url],
      seconds: forSeconds,
      loop: { clients },
      mailsComeHere: true,
    })
    await database.untilCarried()
    expectOnly(report, ...good)
    return { kind, perSecond: rateOf(report, done), done: answersOf(report, done).count, spent: spent() }
  }
}
