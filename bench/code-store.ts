// What does it cost to count guesses in Redis instead of PostgreSQL? The statements alone, without hashes and HTTP,
// in rounds by turns. On the PostgreSQL of TEST_DATABASE_URL if that is set, else on an embedded one; starts its own
// Redis.
//   node bench/code-store.ts [rounds]
import { pino } from 'pino'
import { v7 as newId } from 'uuid'
import { openRedis } from '../src/infrastructure/redis/connection.ts'
import { guessCounter } from '../src/infrastructure/redis/guess-counter.ts'
import { createTemplate } from '../test/support/database.ts'
import { type Bench, type Registered, startBench } from '../test/support/fixtures.ts'
import { startRedis } from '../test/support/redis.ts'
import { withServer } from '../test/support/server.ts'
import { median } from './support/figures.ts'
import { say } from './support/report.ts'

const rounds = Number(process.argv[2] ?? 10)
const PEOPLE = 2000
const AT_ONCE = 16
const KEEP = { longestWaitSeconds: 3600, codeTtlSeconds: 60 }

type Figures = { registrations: number[]; activations: number[]; wrongGuesses: number[] }

await withServer(async url => {
  process.env.TEST_DATABASE_URL = url
  await createTemplate(url)
  const server = await startRedis()
  const log = pino({ level: 'silent' })
  const redis = await openRedis({ urls: [server.url], timeoutMs: 5000, demanded: true, log })
  const stores = await Promise.all(
    [undefined, guessCounter(redis, KEEP)].map(async counter => ({
      bench: await startBench({ poolMax: AT_ONCE, counter }),
      figures: { registrations: [], activations: [], wrongGuesses: [] } as Figures,
    })),
  )
  for (let round = 0; round <= rounds; round += 1) {
    // Whoever goes first has an edge: they take turns. The first round only warms up.
    for (const { bench, figures } of round % 2 ? stores : stores.toReversed()) {
      const measured = await measure(bench)
      if (round === 0) continue
      for (const name of Object.keys(figures) as (keyof Figures)[]) figures[name].push(measured[name])
    }
  }
  const [postgres, counted] = stores.map(({ figures }) => figures) as [Figures, Figures]
  for (const name of Object.keys(postgres) as (keyof Figures)[]) {
    const [one, other] = [median(postgres[name]), median(counted[name])]
    const ratios = postgres[name].map((figure, round) => (counted[name][round] ?? 0) / figure)
    say(
      name,
      `${one.toFixed(0)}/s postgres, ${other.toFixed(0)}/s redis: ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
    )
  }
  const memory = await server.command('memory', 'usage', (await server.command('randomkey')).trim())
  say('memory', `${memory} bytes of Redis for each code`)
  for (const { bench } of stores) await bench.close()
  redis.close()
  await server.stop()
})

/** Rates of one round, each per second. */
async function measure(bench: Bench): Promise<Record<keyof Figures, number>> {
  const { countGuess, consumeCode } = bench.statements
  const people: Registered[] = []
  const registrations = await rateOf(async () => void people.push(await bench.register()))
  const half = people.slice(PEOPLE / 2)
  const activations = await rateOf(async nth => {
    const person = people[nth]
    if (!person) return
    await countGuess(person.user)
    await consumeCode({ ...person, eventId: newId() })
  }, PEOPLE / 2)
  const wrongGuesses = await rateOf(async nth => {
    const person = half[Math.floor(nth / 3)]
    if (person) await countGuess(person.user)
  }, half.length * 3)
  await bench.rows('truncate users, address_ledger, outbox')
  return { registrations, activations, wrongGuesses }
}

async function rateOf(work: (nth: number) => Promise<void>, times = PEOPLE): Promise<number> {
  const begun = performance.now()
  let next = 0
  const lane = async (): Promise<void> => {
    for (let nth = next++; nth < times; nth = next++) await work(nth)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return times / ((performance.now() - begun) / 1000)
}
