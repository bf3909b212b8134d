import { setTimeout as sleep } from 'node:timers/promises'
import { clockOffBy } from '../support/faketime.ts'
import type { Cluster } from './cluster.ts'
import type { Random } from './random.ts'

/** What a fault did; `complaint` when something kept its promise badly by itself. */
export type Struck = { complaint?: string }

/**
 * Breaks something, and mends it again before it returns. `heardOf` says whether a mail that is accepted just
 * then is noted all the same.
 */
export type Fault = {
  strike: (cluster: Cluster, random: Random) => Promise<Struck>
  heardOf: boolean
}

/** The instances have this long to end when they are asked to. */
const DRAIN_MS = 10_000

const nth = (cluster: Cluster, index: number) => {
  const instance = cluster.instances[index]
  if (!instance) throw new Error(`there is no instance ${index}`)
  return instance
}

const oneOf = ({ instances }: Cluster, random: Random): number =>
  Math.floor(random.between(0, instances.length))

const kill = async (cluster: Cluster, random: Random): Promise<Struck> => {
  const instance = nth(cluster, oneOf(cluster, random))
  await instance.kill()
  await sleep(random.between(0, 1500))
  await instance.start()
  return {}
}

/** Each instance in its turn, the next one only when the balancer has the one before back. */
const drain = async (cluster: Cluster): Promise<Struck> => {
  for (const [index, instance] of cluster.instances.entries()) {
    await cluster.balancer.until(index, 'up')
    const { exitCode, tookMs } = await instance.drain()
    await instance.start()
    await cluster.balancer.until(index, 'up')
    if (exitCode !== 0) return { complaint: `a drained instance ended with ${exitCode}` }
    if (tookMs > DRAIN_MS) return { complaint: `a drained instance took ${Math.round(tookMs)} ms` }
  }
  return {}
}

const crashDatabase = async ({ database }: Cluster, random: Random): Promise<Struck> => {
  await database.crashPrimary()
  await sleep(random.between(200, 2500))
  await database.restartPrimary()
  return {}
}

const failOver = async ({ database }: Cluster, random: Random): Promise<Struck> => {
  await database.crashPrimary()
  await sleep(random.between(200, 1500))
  await database.promoteStandby()
  await sleep(random.between(500, 1500))
  await database.rejoin()
  return {}
}

const flushRedis = async ({ redis }: Cluster): Promise<Struck> => {
  await redis.command('flushall')
  return {}
}

const killRedis = async ({ redis }: Cluster, random: Random): Promise<Struck> => {
  await redis.kill()
  await sleep(random.between(500, 3000))
  await redis.restart()
  return {}
}

const restartBroker = async ({ broker }: Cluster, random: Random): Promise<Struck> => {
  await broker?.kill()
  await sleep(random.between(0, 1500))
  await broker?.restart()
  return {}
}

/** One instance lives five minutes in the future or in the past for a while. */
const skewClock = async (cluster: Cluster, random: Random): Promise<Struck> => {
  const instance = nth(cluster, oneOf(cluster, random))
  await instance.kill()
  await instance.start(clockOffBy(random.pick(['+5m', '-5m'])))
  await sleep(random.between(2000, 6000))
  await instance.kill()
  await instance.start()
  return {}
}

const troubleMail = async ({ mailSink }: Cluster, random: Random): Promise<Struck> => {
  mailSink.beTroubled(true)
  await sleep(random.between(1000, 4000))
  mailSink.beTroubled(false)
  return {}
}

export const FAULTS = {
  kill: { strike: kill, heardOf: false },
  drain: { strike: drain, heardOf: true },
  'clock-skew': { strike: skewClock, heardOf: false },
  'database-crash': { strike: crashDatabase, heardOf: false },
  'fail-over': { strike: failOver, heardOf: false },
  'redis-flush': { strike: flushRedis, heardOf: true },
  'redis-kill': { strike: killRedis, heardOf: true },
  'broker-restart': { strike: restartBroker, heardOf: true },
  'mail-trouble': { strike: troubleMail, heardOf: false },
} satisfies Record<string, Fault>

export type FaultKind = keyof typeof FAULTS
