// One to twenty times as many registrations as the service can do: does it shed, or sink? Draws docs/overload.svg.
import { setTimeout as sleep } from 'node:timers/promises'
import { median } from '../support/figures.ts'
import { answersOf, type LoadReport, type Loop, rateOf, startLoad } from '../support/load-orders.ts'
import { overloadCurve } from '../support/overload-curve.ts'
import { CLIENTS, openStage } from '../support/stage.ts'
import type { Suite } from '../support/suite.ts'

const TIMES = [1, 2, 5, 10, 15, 20]
const PAUSE_MS = 1500
/** How often a balancer asks; it is more than any does. */
const PROBES_PER_SECOND = 10

type Load = { round: number; times: number; offered: number; report: LoadReport; health: LoadReport }

export const overload: Suite = async ({ quick, progress, draw }) => {
  const seconds = quick ? { warmUp: 4, capacity: 3, load: 3 } : { warmUp: 30, capacity: 10, load: 12 }
  const rounds = quick ? 1 : 3

  await using running = new AsyncDisposableStack()
  progress('starting')
  const stage = await openStage(running)
  // A second one, whose questions do not wait for those of the first.
  const prober = await startLoad(running)
  const database = await stage.database('overload')
  const { url } = await stage.serve(database)
  const register = (loop: Loop, forSeconds: number) =>
    stage.load.run({ kind: 'register', urls: [url], seconds: forSeconds, loop, mailsComeHere: true })
  const probe = (forSeconds: number) =>
    prober.run({
      kind: 'live',
      urls: [url],
      seconds: forSeconds,
      loop: { perSecond: PROBES_PER_SECOND },
      mailsComeHere: false,
    })

  progress('warm-up')
  await register({ clients: CLIENTS }, seconds.warmUp)
  // Refusing is work as well, which V8 has to have seen.
  await register({ clients: 20 * CLIENTS }, seconds.capacity)
  const loads: Load[] = []
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}: finding the capacity`)
    const capacity = rateOf(await register({ clients: CLIENTS }, seconds.capacity), 'register 201')
    for (const times of TIMES) {
      progress(`round ${round} of ${rounds}: ${times} × ${capacity.toFixed(0)} registrations/s`)
      const offered = capacity * times
      const [report, health] = await Promise.all([
        register({ perSecond: offered }, seconds.load),
        probe(seconds.load),
      ])
      loads.push({ round, times, offered, report, health })
      await database.untilCarried()
      await sleep(PAUSE_MS)
    }
  }

  const at = (times: number): Load[] => loads.filter(load => load.times === times)
  const goodput = ({ report }: Load): number => rateOf(report, 'register 201')
  const peaks = Array.from({ length: rounds }, (_, n) =>
    Math.max(...loads.filter(({ round }) => round === n + 1).map(goodput)),
  )
  draw(
    'overload.svg',
    overloadCurve(
      TIMES.map(times => ({
        offered: median(at(times).map(({ offered }) => offered)),
        goodput: median(at(times).map(goodput)),
        refused: median(at(times).map(({ report }) => rateOf(report, 'register 503'))),
      })),
    ),
  )
  return {
    parameters: { rounds, seconds, times: TIMES },
    figures: [
      {
        name: 'goodput at 10 × the capacity ÷ the most there was',
        unit: '',
        values: at(10).map(load => goodput(load) / (peaks[load.round - 1] ?? Number.NaN)),
        aim: { least: 0.95 },
      },
      ...TIMES.flatMap(times => [
        { name: `goodput at ${times} ×`, unit: '/s', values: at(times).map(goodput), aside: true },
        {
          name: `refused at ${times} ×`,
          unit: '/s',
          values: at(times).map(({ report }) => rateOf(report, 'register 503')),
          aside: true,
        },
        {
          name: `admitted at ${times} ×, p99`,
          unit: 'ms',
          values: at(times).map(({ report }) => answersOf(report, 'register 201').p99),
          aside: times !== 10,
        },
        {
          name: `refused at ${times} ×, p99`,
          unit: 'ms',
          values: at(times).map(({ report }) => answersOf(report, 'register 503').p99),
          aside: times !== 10,
        },
        {
          name: `/health/live at ${times} ×, p99`,
          unit: 'ms',
          values: at(times).map(({ health }) => answersOf(health, 'live 200').p99),
          aside: times !== 10,
        },
      ]),
    ],
    details: { loads },
  }
}
