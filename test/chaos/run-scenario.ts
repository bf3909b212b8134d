import { setTimeout as sleep } from 'node:timers/promises'
import { check } from './checker.ts'
import { createRecorder } from './client.ts'
import { type Cluster, SEND_SPACING_SECONDS } from './cluster.ts'
import { FAULTS, type FaultKind } from './faults.ts'
import type { Account, Evidence, Violation } from './history.ts'
import { live, type World } from './people.ts'
import { type Random, seeded } from './random.ts'
import { SCENARIOS, type Scenario, type ScenarioName } from './scenarios.ts'

export type Course = { scenario: ScenarioName; seed: number; seconds: number; people: number }

/** What came of a run. `complaints` are promises that are broken in the view of whoever made the fault. */
export type Outcome = Course & {
  evidence: Evidence
  struck: FaultKind[]
  violations: Violation[]
  complaints: string[]
}

/** Between two faults of a list. */
const CALM_MS = [300, 2500] as const
/** A message waits for its back-off, at the most, once all is well again. */
const QUIET_MS = 90_000

/**
 * Lets so many `people` a second, on average, live their lives while faults strike, until everybody has lived,
 * everything is mended and nothing waits any more; then judges.
 */
export const runScenario = async (cluster: Cluster, course: Course): Promise<Outcome> => {
  const { scenario, seed, seconds, people } = course
  const run = `${scenario}-${seed}`
  const ask = createRecorder(cluster.url, run)
  const world = worldOf(cluster, ask)
  const lists: Scenario['lists'] = SCENARIOS[scenario].lists
  const until = performance.now() + seconds * 1000

  const striking = Promise.all(
    lists.map((kinds, list) =>
      strike(cluster, kinds, SCENARIOS[scenario].atLeast, until, seeded(seed, 1, list)),
    ),
  )
  let over = false
  const settled = striking.finally(() => {
    over = true
  })
  const lives: Promise<void>[] = []
  const arrivals = seeded(seed, 2)
  while (!over || performance.now() < until) {
    // Poisson arrivals: whatever becomes of those before.
    await sleep((-Math.log(1 - arrivals.next()) / people) * 1000)
    const who = { email: `${run}-${lives.length}@example.com`, password: 'Correct-Horse-7' }
    lives.push(live(world, who, seeded(seed, 3, lives.length)))
  }
  const strikes = (await settled).flat()
  await Promise.all(lives)
  await ask.close()
  await Promise.race([untilQuiet(cluster), sleep(QUIET_MS, undefined, { ref: false })])

  const evidence: Evidence = {
    operations: ask.operations,
    ...(await gather(cluster, run)),
    codeTtlMs: cluster.codeTtlMs,
    troubles: strikes.filter(({ kind }) => !FAULTS[kind].heardOf),
    losses: cluster.codeStore === 'redis' ? strikes.filter(({ kind }) => kind.startsWith('redis-')) : [],
  }
  return {
    ...course,
    evidence,
    struck: strikes.map(({ kind }) => kind),
    violations: check(evidence),
    complaints: strikes.flatMap(({ complaint }) => complaint ?? []),
  }
}

export const worldOf = (cluster: Cluster, ask: World['ask']): World => ({
  ask,
  mailSink: cluster.mailSink,
  codeTtlMs: cluster.codeTtlMs,
  sendSpacingMs: SEND_SPACING_SECONDS * 1000,
})

type Strike = { kind: FaultKind; from: number; until: number; complaint?: string }

const strike = async (
  cluster: Cluster,
  kinds: readonly FaultKind[],
  atLeast: number,
  until: number,
  random: Random,
): Promise<Strike[]> => {
  const strikes: Strike[] = []
  while (performance.now() < until || strikes.length < atLeast) {
    await sleep(random.between(...CALM_MS))
    const kind = random.pick(kinds)
    const from = performance.now()
    const struck = await FAULTS[kind].strike(cluster, random)
    strikes.push({ kind, from, until: performance.now(), ...struck })
  }
  return strikes
}

/** Nothing is on its way any more. */
const untilQuiet = async ({ database, eventSink }: Cluster): Promise<void> => {
  while ((await database.rows('select from outbox limit 1')).length > 0) await sleep(200)
  await eventSink.untilTaken()
}

/** What is stored, was mailed and was published of the people of this run. */
const gather = async ({ database, mailSink, eventSink }: Cluster, run: string) => {
  const isOurs = (email: string) => email.startsWith(`${run}-`)
  const accounts = await database.rows<Account>(
    'select id, email, activated_at is not null as "isActive" from users',
  )
  const waiting = await database.rows<Evidence['waiting'][number]>(
    'select topic, user_id as "userId", id from outbox',
  )
  return {
    accounts: accounts.filter(({ email }) => isOurs(email)),
    waiting,
    mails: mailSink.mails.filter(({ to }) => isOurs(to)),
    events: eventSink.events.filter(({ email }) => isOurs(email)),
  }
}
