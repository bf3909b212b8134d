import { RateLimiterRedis } from 'rate-limiter-flexible'
import type { Limit } from '../../application/limit.ts'
import type { LimitPolicy } from '../../domain/budget.ts'
import { KEY_PREFIX, type RedisConnection } from '../redis/connection.ts'
import { limitBy, memoryLimit } from './memory.ts'

/**
 * A limit that all instances count together, in Redis: by its clock, in one script for each charge, and with one key
 * for each operation, so that a cluster can spread them. Redis gets to see keys only as `hashKey` leaves them.
 *
 * Each instance counts for itself beside that, and goes by its own count while Redis does not answer. So whoever has
 * used up a quota gets no second one from the same instance when Redis goes; and whoever came only to other
 * instances has it once more here. (The library's `insuranceLimiter` begins at nothing then, after waiting for each
 * command that gets no answer.)
 */
export const redisLimit =
  ({ client, ask }: RedisConnection, hashKey: (key: string) => Buffer) =>
  (policy: LimitPolicy): Limit => {
    const own = memoryLimit(policy)
    if (policy.quota === 0) return own
    const shared = limitBy(
      policy,
      new RateLimiterRedis({
        storeClient: client,
        keyPrefix: `${KEY_PREFIX}limit:${policy.name}`,
        points: policy.quota,
        duration: policy.windowSeconds,
      }),
    )
    const hashed = (key: string): string => hashKey(key).toString('base64url')
    return {
      policy,
      waitSeconds: async key => ask(() => shared.waitSeconds(hashed(key)), await own.waitSeconds(key)),
      charge: async key => ask(() => shared.charge(hashed(key)), await own.charge(key)),
    }
  }
