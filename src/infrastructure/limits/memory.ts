import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Limit } from '../../application/limit.ts'
import type { LimitPolicy } from '../../domain/budget.ts'

const HOUR_SECONDS = 3600
const QUARTER_HOUR_SECONDS = 900
/** At so many addresses a network may use up its failed logins at the same time. */
const ADDRESSES_OF_A_NETWORK = 10

/** The limits that each process counts for itself, by the name of the port. */
export const memoryLimits = (quotas: {
  registrationsPerNetworkPerHour: number
  guessesPerNetworkPerHour: number
  loginFailuresPerQuarterHour: number
}) => ({
  registrationsPerNetwork: memoryLimit({
    name: 'registrations_per_network',
    quota: quotas.registrationsPerNetworkPerHour,
    windowSeconds: HOUR_SECONDS,
  }),
  wrongGuessesPerNetwork: memoryLimit({
    name: 'wrong_guesses_per_network',
    quota: quotas.guessesPerNetworkPerHour,
    windowSeconds: HOUR_SECONDS,
  }),
  loginFailuresPerAddressAndNetwork: memoryLimit({
    name: 'login_failures_per_address_and_network',
    quota: quotas.loginFailuresPerQuarterHour,
    windowSeconds: QUARTER_HOUR_SECONDS,
  }),
  loginFailuresPerNetwork: memoryLimit({
    name: 'login_failures_per_network',
    quota: quotas.loginFailuresPerQuarterHour * ADDRESSES_OF_A_NETWORK,
    windowSeconds: QUARTER_HOUR_SECONDS,
  }),
})

/** A limit that this process counts for itself, in memory; each key is forgotten with its window. */
export const memoryLimit = (policy: LimitPolicy): Limit => {
  if (policy.quota === 0) return unlimited(policy)
  const limiter = new RateLimiterMemory({ points: policy.quota, duration: policy.windowSeconds })
  return {
    policy,
    waitSeconds: async key => {
      const standing = await limiter.get(key)
      return standing && standing.consumedPoints >= policy.quota ? secondsLeft(standing) : 0
    },
    charge: key => limiter.consume(key).then(() => 0, overQuota),
  }
}

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
