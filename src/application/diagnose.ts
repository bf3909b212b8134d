/** `skipped`: what it needs cannot be reached, or is not used here. Only `failed` keeps the service from its work. */
export type State = 'ok' | 'warning' | 'failed' | 'skipped'

export type Verdict = {
  readonly state: State
  /** One short sentence, without secrets, addresses of people, or URLs with credentials. */
  readonly found: string
  /** What to do about it, with the names of variables and commands. */
  readonly remedy?: string
}

export type Finding = { readonly check: string } & Verdict

/** One thing to look at. Changes nothing that matters. */
export type Check = { readonly check: string; readonly look: () => Promise<Verdict> }

/** Looks at everything at the same time, each for `timeoutMs` at most, and returns a finding for each. Never throws. */
export const diagnose = (checks: readonly Check[], timeoutMs: number): Promise<Finding[]> =>
  Promise.all(checks.map(async ({ check, look }) => ({ check, ...(await within(timeoutMs, look)) })))

const within = (timeoutMs: number, look: Check['look']): Promise<Verdict> =>
  new Promise(resolve => {
    const late = () => resolve(unexpected(`no answer within ${Math.round(timeoutMs / 1000)} s`))
    const timer = setTimeout(late, timeoutMs)
    look()
      .catch((error: Error) => unexpected(error.message))
      .then(verdict => {
        clearTimeout(timer)
        resolve(verdict)
      })
  })

const unexpected = (found: string): Verdict => ({
  state: 'failed',
  found,
  remedy: 'Run doctor again. If it stays so and nothing else here explains it, report it with this line.',
})
