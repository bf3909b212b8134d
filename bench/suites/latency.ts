// How long people wait, at 30, 70 and 95 % of what the service can do: of registration, of activation, and from the
// request to the mail. People come at random moments, and activate a while after their mail.
import { type Figure, median } from '../support/figures.ts'
import { answersOf, type LoadReport, type Loop, rateOf, type Step } from '../support/load-orders.ts'
import { CLIENTS, openStage } from '../support/stage.ts'
import type { Suite } from '../support/suite.ts'

const SHARES = [30, 70, 95]
const THINK_SECONDS = 1
/** What a mail may take beside the hash that comes before it. */
const BESIDE_THE_HASH_MS = 50
const STEPS: [Step, `${Step} ${number}`, string][] = [
  ['register', 'register 201', 'registration'],
  ['activate', 'activate 200', 'activation'],
  ['mail', 'mail 200', 'request to mail'],
]

/** `hashMs` is the mean of the hashes alone, which wait for nothing but a core; from the service's own metrics. */
type Load = { share: number; report: LoadReport; hashMs: number }

export const latency: Suite = async ({ quick, progress }) => {
  const seconds = quick ? { warmUp: 4, capacity: 3, load: 4 } : { warmUp: 30, capacity: 8, load: 20 }
  const rounds = quick ? 1 : 3

  await using running = new AsyncDisposableStack()
  progress('starting')
  const stage = await openStage(running)
  const database = await stage.database('latency')
  const service = await stage.serve(database)
  const journeys = (loop: Loop, forSeconds: number) =>
    stage.load.run({
      kind: 'journey',
      urls: [service.url],
      seconds: forSeconds,
      loop,
      mailsComeHere: true,
      thinkSeconds: 'clients' in loop ? 0 : THINK_SECONDS,
    })

  progress('warm-up')
  await journeys({ clients: CLIENTS }, seconds.warmUp)
  const loads: Load[] = []
  const capacities: number[] = []
  for (let round = 1; round <= rounds; round += 1) {
    // Found again each time, since a machine may have become slower or faster.
    progress(`round ${round} of ${rounds}: finding the capacity`)
    const capacity = rateOf(await journeys({ clients: 2 * CLIENTS }, seconds.capacity), 'activate 200')
    capacities.push(capacity)
    for (const share of SHARES) {
      progress(`round ${round} of ${rounds}: ${share} % of ${capacity.toFixed(0)} journeys/s`)
      const before = await hashesOf(service.metricsUrl)
      const report = await journeys({ perSecond: (capacity * share) / 100 }, seconds.load)
      const after = await hashesOf(service.metricsUrl)
      const hashMs = ((after.seconds - before.seconds) / (after.count - before.count)) * 1000
      loads.push({ share, report, hashMs })
      await database.untilCarried()
    }
  }

  const figures: Figure[] = [{ name: 'capacity in whole journeys', unit: '/s', values: capacities }]
  for (const share of SHARES) {
    const at = loads.filter(load => load.share === share)
    const hashMs = at.map(load => load.hashMs)
    figures.push({ name: `a hash at ${share} % (mean)`, unit: 'ms', values: hashMs })
    for (const [step, key, name] of STEPS) {
      for (const part of ['p50', 'p95', 'p99'] as const) {
        const aimed = step === 'mail' && part === 'p99' && share === 70
        figures.push({
          name: `${name} at ${share} %, ${part}${aimed ? ` (aim: the hash + ${BESIDE_THE_HASH_MS} ms)` : ''}`,
          unit: 'ms',
          values: at.map(({ report }) => answersOf(report, key)[part]),
          aside: part === 'p95',
          ...(aimed && { aim: { most: median(hashMs) + BESIDE_THE_HASH_MS } }),
        })
      }
    }
  }
  const parameters = { rounds, seconds, shares: SHARES, thinkSeconds: THINK_SECONDS }
  return { parameters, figures, details: { loads } }
}

/** How many hashes the service has made, and how long they took together. */
export const hashesOf = async (metricsUrl: string): Promise<{ count: number; seconds: number }> => {
  const text = await (await fetch(metricsUrl)).text()
  const value = (name: string): number =>
    [
      ...text.matchAll(new RegExp(`^vestibule_hash_duration_seconds_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm')),
    ].reduce((sum, [, number]) => sum + Number(number), 0)
  return { count: value('count'), seconds: value('sum') }
}
