import { isCommonPassword } from './common-password.ts'
import type { BrokenRule } from './refusals.ts'

/** The rules on composition are a requirement of this project; docs/security.md says what NIST SP 800-63B-4 thinks of them. */
const MIN_LENGTH = 12
/** Bounds the work of normalising and hashing; far above what people or password managers use. */
const MAX_LENGTH = 128

/**
 * The form in which a password is counted, hashed and compared (Unicode NFC), so that é typed as one code
 * point on one keyboard and as two on another is the same password. Never truncated, never trimmed.
 */
export const normalisePassword = (password: string): string => password.normalize('NFC')

/**
 * The rules that a regular expression can state (ECMAScript, flag `u`, over the password after NFC): the API
 * publishes them, for forms that judge while somebody types. `[^]` would be shorter than `[\s\S]`, but is a mistake
 * in other languages, in which clients are made from the OpenAPI document.
 */
export const PASSWORD_PATTERNS: readonly (BrokenRule & { readonly pattern: string })[] = [
  {
    rule: 'password_too_short',
    pattern: `^[\\s\\S]{${MIN_LENGTH},}$`,
    detail: `must have at least ${MIN_LENGTH} characters`,
  },
  {
    rule: 'password_too_long',
    pattern: `^[\\s\\S]{0,${MAX_LENGTH}}$`,
    detail: `must have at most ${MAX_LENGTH} characters`,
  },
  { rule: 'password_upper_case', pattern: '\\p{Lu}', detail: 'must contain an upper-case letter' },
  { rule: 'password_lower_case', pattern: '\\p{Ll}', detail: 'must contain a lower-case letter' },
  {
    rule: 'password_special',
    pattern: '[^\\p{L}\\p{Nd}\\p{Cc}]',
    detail: 'must contain a special character (neither a letter nor a digit)',
  },
  {
    rule: 'password_control_character',
    pattern: '^\\P{Cc}*$',
    detail: 'must not contain control characters',
  },
  {
    rule: 'password_not_unicode',
    pattern: '^\\P{Cs}*$',
    detail: 'must be valid Unicode text (it has a lone surrogate)',
  },
]

const EXPRESSIONS = PASSWORD_PATTERNS.map(rule => ({ ...rule, expression: new RegExp(rule.pattern, 'u') }))
const TOO_LONG = new RegExp(`^[\\s\\S]{${MAX_LENGTH + 1}}`, 'u')

/**
 * Lists every rule that a new password breaks, at once; an empty list means it is acceptable. Lengths are in
 * code points after NFC. `email` is the canonical address of the account, if it is known to be valid.
 */
export const brokenPasswordRules = (password: string, email?: string): BrokenRule[] => {
  const normalised = normalisePassword(password)
  const broken: BrokenRule[] = EXPRESSIONS.filter(({ expression }) => !expression.test(normalised)).map(
    ({ rule, detail }) => ({ rule, detail }),
  )
  if (!TOO_LONG.test(normalised) && isCommonPassword(normalised)) {
    broken.push({
      rule: 'password_common',
      detail: 'must not be one of the most common passwords, whatever digits and signs surround it',
    })
  }
  if (normalised.toLowerCase() === email) {
    broken.push({ rule: 'password_is_email', detail: 'must not be the e-mail address itself' })
  }
  return broken
}
