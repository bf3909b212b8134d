import { domainToASCII, domainToUnicode } from 'node:url'
import type { BrokenRule } from './refusals.ts'

/** RFC 5321 §4.5.3.1: 64 octets before the @; a path of 256 octets leaves 254 for the address itself. */
const MAX_LOCAL_LENGTH = 64
const MAX_LENGTH = 254
/** With room for spaces around it. What is longer is not looked at any further, which bounds the work. */
const MAX_TYPED_LENGTH = 2 * MAX_LENGTH

export type CanonicalEmail =
  | { readonly ok: true; readonly email: string }
  | { readonly ok: false; readonly broken: BrokenRule[] }

/**
 * Brings an e-mail address into the one form under which it is stored, compared and answered: trimmed, lower
 * case, its domain as an A-label (IDNA, UTS #46). Tags and dots stay, because only the domain's owner knows
 * what they mean. Names the first rule broken by each half of an address that Vestibule does not take; the
 * subset of RFC 5322 is the one that real mailboxes use and that HTTP Basic credentials can carry.
 */
export const canonicalEmail = (input: string): CanonicalEmail => {
  if (input.length > MAX_TYPED_LENGTH) return TOO_LONG
  const trimmed = input.replace(/^[ \t]+|[ \t]+$/g, '')
  if (/[\p{Cc}\u2028\u2029]/u.test(trimmed)) {
    return broken('email_control_character', 'must not contain line breaks or other control characters')
  }
  const at = trimmed.lastIndexOf('@')
  if (at < 0) return broken('email_syntax', 'must have the form name@example.com')

  const local = trimmed.slice(0, at)
  const domain = asciiDomain(trimmed.slice(at + 1))
  const problems = [localPartProblem(local), domain.ok ? undefined : domain.problem].filter(
    p => p !== undefined,
  )
  if (problems.length > 0 || !domain.ok) return { ok: false, broken: problems }

  // Only now: the Kelvin sign (U+212A) would have become an ASCII k.
  const email = `${local.toLowerCase()}@${domain.name}`
  return email.length > MAX_LENGTH ? TOO_LONG : { ok: true, email }
}

const broken = (rule: string, detail: string): CanonicalEmail => ({ ok: false, broken: [{ rule, detail }] })

const TOO_LONG = broken('email_too_long', `must have at most ${MAX_LENGTH} characters`)

const localPartProblem = (local: string): BrokenRule | undefined => {
  if (local === '') return { rule: 'email_syntax', detail: 'must have a name before the @' }
  if (local.length > MAX_LOCAL_LENGTH) {
    return {
      rule: 'email_local_part_too_long',
      detail: `must have at most ${MAX_LOCAL_LENGTH} characters before the @`,
    }
  }
  if (/[^\0-\x7f]/.test(local)) {
    return { rule: 'email_local_part_not_ascii', detail: 'must have only ASCII characters before the @' }
  }
  if (local.includes(':')) {
    return {
      rule: 'email_colon',
      detail: 'must not contain a colon, which HTTP Basic credentials cannot carry',
    }
  }
  if (local.includes('"')) return { rule: 'email_quoted', detail: 'must not have a quoted name before the @' }
  if (/[()]/.test(local)) return { rule: 'email_comment', detail: 'must not contain a comment' }
  // RFC 5322 §3.2.3: dot-atom-text.
  if (!/^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i.test(local)) {
    return {
      rule: 'email_syntax',
      detail: 'must have only letters, digits, single dots and the characters of RFC 5322 before the @',
    }
  }
  return undefined
}

type AsciiDomain = { ok: true; name: string } | { ok: false; problem: BrokenRule }

const asciiDomain = (domain: string): AsciiDomain => {
  const bad = (detail: string, rule = 'email_domain'): AsciiDomain => ({
    ok: false,
    problem: { rule, detail },
  })
  if (domain === '') return bad('must have a domain after the @')
  if (domain.startsWith('['))
    return bad('must have a domain name, not an address literal', 'email_address_literal')
  if (/[()]/.test(domain)) return bad('must not contain a comment', 'email_comment')
  // The URL parser behind domainToASCII would decode %41 and read 127.1 or 0x7f.1 as an IPv4 address: what is
  // ASCII must be a plain host name before it gets there.
  if (/[\0-\x7f]/.test(domain.replace(/[A-Za-z0-9.-]/g, ''))) {
    return bad('must have only letters, digits, hyphens and dots after the @')
  }
  const name = domainToASCII(domain).toLowerCase()
  const labels = name.split('.')
  if (name === '' || labels.some(label => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label))) {
    return bad('must have a valid domain name after the @')
  }
  // What is ASCII already passes unchecked, but an A-label has to stand for something (RFC 5891 §4.2).
  if (/(^|\.)xn--/.test(domainToUnicode(name))) return bad('must have a valid domain name after the @')
  if (labels.length < 2) return bad('must have a domain with a dot after the @')
  // RFC 3696 §2: a top-level domain is never all digits; this is also what keeps IPv4 addresses out.
  if (/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? ''))
    return bad('must have a domain name, not a number, after the @')
  return { ok: true, name }
}
