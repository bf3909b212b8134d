import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { noBroker } from '../support/broker.ts'
import { noBalancer } from '../support/haproxy.ts'
import { noRedis } from '../support/redis.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { seeded } from './random.ts'
import { runScenario } from './run-scenario.ts'
import type { ScenarioName } from './scenarios.ts'
import { verdict, wrongs } from './verdict.ts'

/**
 * A short run of what no other test does with several instances under load, always the same one. `npm run chaos` has
 * longer ones, and more.
 */
const SHORT: readonly { scenario: ScenarioName; skip?: string | false }[] = [
  { scenario: 'drain' },
  { scenario: 'kill' },
  { scenario: 'fail-over' },
  { scenario: 'dependencies', skip: noBroker },
]
const SEED = 1
const SECONDS = 2
const PEOPLE = 4

describe('three instances behind a balancer', { skip: noBalancer || noRedis }, () => {
  let cluster: Cluster
  let broken = false
  before(async () => {
    cluster = await startCluster(seeded(SEED, 0))
  })
  after(() => cluster.stop(broken))

  for (const { scenario, skip = false } of SHORT) {
    it(`keep every promise in the scenario ${scenario}`, { skip }, async t => {
      const outcome = await runScenario(cluster, { scenario, seed: SEED, seconds: SECONDS, people: PEOPLE })
      broken ||= wrongs(outcome).length > 0
      assert.deepEqual(wrongs(outcome), [], `${verdict(outcome)}\nThe logs are in ${cluster.folder}`)
      assert.ok(outcome.evidence.events.length > 0)
      t.diagnostic(verdict(outcome))
    })
  }
})
