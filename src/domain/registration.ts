import { canonicalEmail } from './email-address.ts'
import { brokenPasswordRules } from './password.ts'
import type { BrokenRule, Violation } from './refusals.ts'

export type Registration =
  | { readonly ok: true; readonly email: string; readonly password: string }
  | { readonly ok: false; readonly violations: Violation[] }

/**
 * Judges what someone typed into a sign-up form and names everything that is wrong with it at once. A field
 * that is missing (`undefined`) is not judged: whoever read the request has already said so.
 */
export const judgeRegistration = (typed: {
  email: string | undefined
  password: string | undefined
}): Registration => {
  const address = typed.email === undefined ? undefined : canonicalEmail(typed.email)
  const email = address?.ok ? address.email : undefined
  const brokenByPassword = typed.password === undefined ? [] : brokenPasswordRules(typed.password, email)
  if (email !== undefined && typed.password !== undefined && brokenByPassword.length === 0) {
    return { ok: true, email, password: typed.password }
  }
  return {
    ok: false,
    violations: [
      ...at('/email', address?.ok === false ? address.broken : []),
      ...at('/password', brokenByPassword),
    ],
  }
}

const at = (pointer: string, broken: BrokenRule[]): Violation[] => broken.map(rule => ({ pointer, ...rule }))
