import { memoryLimit } from '../infrastructure/limits/memory.ts'
import { networkLimits } from '../infrastructure/limits/network-limits.ts'
import { redisLimit } from '../infrastructure/limits/redis.ts'
import { LEASE_SECONDS } from '../infrastructure/postgres/lease.ts'
import { statementsOn } from '../infrastructure/postgres/statements.ts'
import { openRedis, type RedisConnection } from '../infrastructure/redis/connection.ts'
import { countElsewhere } from '../infrastructure/redis/count-elsewhere.ts'
import { guessCounter } from '../infrastructure/redis/guess-counter.ts'
import type { Building } from './building.ts'
import type { Observed } from './observation.ts'

/** Everything that is kept: by statements on the database, and where the configuration says so in Redis. */
export const openStores = async (building: Building, { database, hashAddress, tracing }: Observed) => {
  const { config } = building
  const redis = await provideRedis(building)
  const onPostgres = statementsOn(database, {
    hashAddress,
    sendsBudget: config.sendsBudget,
    loginFailuresPerDay: config.limits.loginFailuresPerDay,
    giveUpMailAfterSeconds: config.mailGiveUpAfterSeconds,
    codeTtlSeconds: config.codeTtlSeconds,
    leaseSeconds: LEASE_SECONDS,
    traceParent: tracing.traceParent,
  })
  const lifetimes = {
    longestWaitSeconds: config.mailGiveUpAfterSeconds,
    codeTtlSeconds: config.codeTtlSeconds,
  }
  const limit = redis && config.limitStore === 'redis' ? redisLimit(redis, hashAddress) : memoryLimit
  return {
    statements:
      redis && config.codeStore === 'redis'
        ? countElsewhere(guessCounter(redis, lifetimes), onPostgres)
        : onPostgres,
    limits: networkLimits(limit, config.limits),
  }
}

export type Stores = Awaited<ReturnType<typeof openStores>>

/** One connection for whatever is kept there. */
const provideRedis = async ({ config, log, running }: Building): Promise<RedisConnection | undefined> => {
  const { codeStore, limitStore, redisUrls: urls, redisTimeoutMs: timeoutMs } = config
  const demanded = codeStore === 'redis'
  if (!demanded && limitStore !== 'redis') return undefined
  const redis = await openRedis({ urls, timeoutMs, demanded, log })
  running.defer(redis.close)
  return redis
}
