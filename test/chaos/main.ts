// Lets people sign up while things break, and judges what came of it:
//   npm run chaos -- [scenario] [--seed N] [--seconds N] [--rate N] [--codes redis]
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { createRecorder } from './client.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { signUp } from './people.ts'
import { seeded } from './random.ts'
import { runScenario, worldOf } from './run-scenario.ts'
import { SCENARIOS, type ScenarioName } from './scenarios.ts'
import { verdict, wrongs } from './verdict.ts'

const SECONDS = 600
const MEASURED_MS = 5000
const MEASURING_CLIENTS = 16
/** What a life asks on average. */
const REQUESTS_PER_LIFE = 6

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      seconds: { type: 'string' },
      rate: { type: 'string' },
      codes: { type: 'string', default: 'postgres' },
    },
  })
  const scenario = positionals[0] ?? 'everything'
  if (!isScenario(scenario)) {
    throw new Error(`there is no scenario ${scenario}: there are ${Object.keys(SCENARIOS).join(', ')}`)
  }
  const seed = number(values.seed) ?? randomInt(1_000_000)
  const seconds = number(values.seconds) ?? SECONDS
  const codeStore = values.codes
  if (codeStore !== 'postgres' && codeStore !== 'redis') throw new Error('codes are in postgres or in redis')
  say(`starting a cluster for ${scenario} --seed ${seed}`)
  const cluster = await startCluster(seeded(seed, 0), codeStore)
  let broken = true
  try {
    const people = number(values.rate) ?? (await halfOfCapacity(cluster))
    const outcome = await runScenario(cluster, { scenario, seed, seconds, people })
    say(verdict(outcome))
    broken = wrongs(outcome).length > 0
  } finally {
    await cluster.stop(broken)
    if (broken) say(`the logs of the instances are in ${cluster.folder}`)
  }
  process.exitCode = broken ? 1 : 0
}

const isScenario = (name: string): name is ScenarioName => Object.hasOwn(SCENARIOS, name)

const number = (value: string | undefined): number | undefined => {
  if (value === undefined) return undefined
  if (!(Number(value) > 0)) throw new Error(`${value} is not a number above 0`)
  return Number(value)
}

/** People a second who ask half of what the cluster can answer, on this machine and with everything on it. */
const halfOfCapacity = async (cluster: Cluster): Promise<number> => {
  const ask = createRecorder(cluster.url, 'capacity')
  const world = worldOf(cluster, ask)
  const since = performance.now()
  let count = 0
  await Promise.all(
    Array.from({ length: MEASURING_CLIENTS }, async () => {
      while (performance.now() - since < MEASURED_MS) {
        count += 1
        await signUp(world, { email: `capacity-${count}@example.com`, password: 'Correct-Horse-7' })
      }
    }),
  )
  const requestsPerSecond = ask.operations.length / ((performance.now() - since) / 1000)
  await ask.close()
  say(`capacity: ${requestsPerSecond.toFixed(0)} requests a second`)
  return Math.max(1, Math.round(requestsPerSecond / 2 / REQUESTS_PER_LIFE))
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

await main()
