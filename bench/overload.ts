// Ten times as many registrations as the service can do: does it shed, or sink? Prints ratios of one run.
//   node bench/overload.ts [seconds of overload]
import { closedLoop, type Load, live, openLoop, perSecond, quantile, total } from './support/load.ts'
import { say, share } from './support/report.ts'
import { withService } from './support/service.ts'

const seconds = Number(process.argv[2] ?? 30)
const CREATED = 201
const OVERLOADED = 503
const OK = 200

const latency = (load: Load, status: number): string =>
  `p50 ${quantile(load, status, 0.5).toFixed(0)} ms, p99 ${quantile(load, status, 0.99).toFixed(0)} ms`

await withService({}, async ({ url, memoryMib }) => {
  await closedLoop(url, 8, 3)
  const before = memoryMib()

  const peak = await closedLoop(url, 8, 10)
  const capacity = perSecond(peak, CREATED)
  say('capacity', `${capacity.toFixed(1)} registrations/s (8 clients), ${latency(peak, CREATED)}`)

  let watching = true
  const watched: Load = { seconds, answers: new Map() }
  const watch = (async () => {
    while (watching) {
      const one = await openLoop(url, 10, 1, live)
      for (const [status, took] of one.answers) {
        watched.answers.set(status, [...(watched.answers.get(status) ?? []), ...took])
      }
    }
  })()
  const over = await openLoop(url, Math.round(capacity * 10), seconds)
  const loaded = memoryMib()
  watching = false
  await watch

  const after = await openLoop(url, Math.max(1, Math.round(capacity * 0.5)), 2)
  say('offered', `${(total(over) / seconds).toFixed(0)}/s for ${seconds} s`)
  say(
    'goodput',
    `${perSecond(over, CREATED).toFixed(1)}/s: ${share(perSecond(over, CREATED) / capacity)} of it`,
  )
  say('admitted', latency(over, CREATED))
  say(
    'refused',
    `${share((over.answers.get(OVERLOADED)?.length ?? 0) / total(over))}, ${latency(over, OVERLOADED)}`,
  )
  say(
    'other answers',
    JSON.stringify(
      [...over.answers].filter(([s]) => s !== CREATED && s !== OVERLOADED).map(([s, t]) => [s, t.length]),
    ),
  )
  say(
    '/health/live',
    `${latency(watched, OK)}, ${share((watched.answers.get(OK)?.length ?? 0) / total(watched))} answered`,
  )
  say('memory', `${before} MiB before, ${loaded} MiB under overload, ${memoryMib()} MiB 2 s after`)
  say(
    'the 2 s after',
    `${share((after.answers.get(CREATED)?.length ?? 0) / total(after))} of half the capacity registered, ${latency(after, CREATED)}`,
  )
})
