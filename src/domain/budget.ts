/** How often mail may be sent to one address, register and resend together. 0 switches a line off. */
export type SendsBudget = {
  readonly spacingSeconds: number
  readonly perHour: number
  readonly perDay: number
}

/** A limit as a client is told of it: so many in so many seconds. A quota of 0 switches it off. */
export type LimitPolicy = {
  readonly name:
    | 'registrations_per_network'
    | 'wrong_guesses_per_network'
    | 'login_failures_per_address_and_network'
    | 'login_failures_per_network'
    | 'login_failures_per_address'
    | 'sends_per_address'
  readonly quota: number
  readonly windowSeconds: number
}

const HOUR = 3600
const DAY = 24 * HOUR

/** A budget of sends as one policy: its longest line. The shorter ones show in the time to wait. */
export const sendsPolicy = ({ spacingSeconds, perHour, perDay }: SendsBudget): LimitPolicy => {
  const name = 'sends_per_address'
  if (perDay > 0) return { name, quota: perDay, windowSeconds: DAY }
  if (perHour > 0) return { name, quota: perHour, windowSeconds: HOUR }
  return { name, quota: spacingSeconds > 0 ? 1 : 0, windowSeconds: spacingSeconds }
}

export const loginFailuresPolicy = (perDay: number): LimitPolicy => ({
  name: 'login_failures_per_address',
  quota: perDay,
  windowSeconds: DAY,
})
