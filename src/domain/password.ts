import { isCommonPassword } from './common-password.ts'
import type { BrokenRule } from './refusals.ts'

/** Composition rules are the brief's; docs/security.md says what NIST SP 800-63B-4 thinks of them. */
const MIN_LENGTH = 12
/** Bounds the work of normalising and hashing; far above what people or password managers use. */
const MAX_LENGTH = 128

/**
 * The form in which a password is counted, hashed and compared (Unicode NFC), so that é typed as one code
 * point on one keyboard and as two on another is the same password. Never truncated, never trimmed.
 */
export const normalisePassword = (password: string): string => password.normalize('NFC')

/**
 * Lists every rule that a new password breaks, at once; an empty list means it is acceptable. Lengths are in
 * code points after NFC. `email` is the canonical address of the account, if it is known to be valid.
 */
export const brokenPasswordRules = (password: string, email?: string): BrokenRule[] => {
  const normalised = normalisePassword(password)
  const length = [...normalised].length
  const rules: [holds: boolean, rule: string, detail: string][] = [
    [length >= MIN_LENGTH, 'password_too_short', `must have at least ${MIN_LENGTH} characters`],
    [length <= MAX_LENGTH, 'password_too_long', `must have at most ${MAX_LENGTH} characters`],
    [/\p{Lu}/u.test(normalised), 'password_upper_case', 'must contain an upper-case letter'],
    [/\p{Ll}/u.test(normalised), 'password_lower_case', 'must contain a lower-case letter'],
    [
      /[^\p{L}\p{Nd}\p{Cc}]/u.test(normalised),
      'password_special',
      'must contain a special character (neither a letter nor a digit)',
    ],
    [!/\p{Cc}/u.test(normalised), 'password_control_character', 'must not contain control characters'],
    [
      !/\p{Cs}/u.test(normalised),
      'password_not_unicode',
      'must be valid Unicode text (it has a lone surrogate)',
    ],
    [
      length > MAX_LENGTH || !isCommonPassword(normalised),
      'password_common',
      'must not be one of the most common passwords, whatever digits and signs surround it',
    ],
    [
      email === undefined || normalised.toLowerCase() !== email,
      'password_is_email',
      'must not be the e-mail address itself',
    ],
  ]
  return rules.filter(([holds]) => !holds).map(([, rule, detail]) => ({ rule, detail }))
}
