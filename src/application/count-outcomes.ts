import { Unavailable } from '../domain/refusals.ts'
import type { UseCases } from './use-cases.ts'

export type UseCaseName = 'register' | 'activate' | 'resend' | 'look_at_code' | 'authenticate'

/** `outcome`: `ok`, the name of a refusal, `unavailable`, or `error` for a bug. */
export type CountOutcome = (useCase: UseCaseName, outcome: string) => void

/** The same use cases, each of which is counted with what came of it. */
export const countOutcomes = (useCases: UseCases, count: CountOutcome): UseCases => {
  const counted =
    <Input extends unknown[], Result extends { ok: true } | { ok: false; refusal: string }>(
      name: UseCaseName,
      useCase: (...input: Input) => Promise<Result>,
    ) =>
    async (...input: Input): Promise<Result> => {
      try {
        const result = await useCase(...input)
        count(name, result.ok ? 'ok' : result.refusal)
        return result
      } catch (error) {
        count(name, error instanceof Unavailable ? 'unavailable' : 'error')
        throw error
      }
    }

  return {
    register: counted('register', useCases.register),
    registerQuietly: useCases.registerQuietly && counted('register', useCases.registerQuietly),
    activate: counted('activate', useCases.activate),
    resend: counted('resend', useCases.resend),
    lookAtCode: counted('look_at_code', useCases.lookAtCode),
    authenticate: counted('authenticate', useCases.authenticate),
  }
}
