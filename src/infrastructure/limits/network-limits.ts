import type { Limit } from '../../application/limit.ts'
import type { LimitPolicy } from '../../domain/budget.ts'

const HOUR_SECONDS = 3600
const QUARTER_HOUR_SECONDS = 900
/** At so many addresses a network may use up its failed logins at the same time. */
const ADDRESSES_OF_A_NETWORK = 10

/** The limits that have to do with networks, by the name of the port. `limit` says where they are counted. */
export const networkLimits = (
  limit: (policy: LimitPolicy) => Limit,
  quotas: {
    registrationsPerNetworkPerHour: number
    guessesPerNetworkPerHour: number
    loginFailuresPerQuarterHour: number
  },
) => ({
  registrationsPerNetwork: limit({
    name: 'registrations_per_network',
    quota: quotas.registrationsPerNetworkPerHour,
    windowSeconds: HOUR_SECONDS,
  }),
  wrongGuessesPerNetwork: limit({
    name: 'wrong_guesses_per_network',
    quota: quotas.guessesPerNetworkPerHour,
    windowSeconds: HOUR_SECONDS,
  }),
  loginFailuresPerAddressAndNetwork: limit({
    name: 'login_failures_per_address_and_network',
    quota: quotas.loginFailuresPerQuarterHour,
    windowSeconds: QUARTER_HOUR_SECONDS,
  }),
  loginFailuresPerNetwork: limit({
    name: 'login_failures_per_network',
    quota: quotas.loginFailuresPerQuarterHour * ADDRESSES_OF_A_NETWORK,
    windowSeconds: QUARTER_HOUR_SECONDS,
  }),
})
