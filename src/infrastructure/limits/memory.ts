import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Limit } from '../../application/limit.ts'
import type { LimitPolicy } from '../../domain/budget.ts'

/** A limit that this process counts for itself, in memory; each key is forgotten with its window. */
export const memoryLimit = (policy: LimitPolicy): Limit => {
  if (policy.quota === 0) return unlimited(policy)
  return limitBy(policy, new RateLimiterMemory({ points: policy.quota, duration: policy.windowSeconds }))
}

/** A limit that is counted by the library, wherever that counts. */
export const limitBy = (policy: LimitPolicy, limiter: RateLimiterAbstract): Limit => ({
  policy,
  waitSeconds: async key => {
    const standing = await limiter.get(key)
    return standing && standing.consumedPoints >= policy.quota ? secondsLeft(standing) : 0
  },
  charge: key => limiter.consume(key).then(() => 0, overQuota),
})

const unlimited = (policy: LimitPolicy): Limit => ({
  policy,
  waitSeconds: async () => 0,
  charge: async () => 0,
})

const overQuota = (reason: unknown): number => {
  if (reason instanceof RateLimiterRes) return secondsLeft(reason)
  throw reason
}

const secondsLeft = ({ msBeforeNext }: RateLimiterRes): number => Math.max(1, Math.ceil(msBeforeNext / 1000))
