import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canonicalEmail } from './email-address.ts'

describe('canonicalEmail', () => {
  const details: [input: string, rule: string, detail: string][] = [
    [
      'a\nb@example.com',
      'email_control_character',
      'must not contain line breaks or other control characters',
    ],
    ['ada', 'email_syntax', 'must have the form name@example.com'],
    [`${'a'.repeat(600)}@example.com`, 'email_too_long', 'must have at most 254 characters'],
    ['@example.com', 'email_syntax', 'must have a name before the @'],
    [
      `${'a'.repeat(65)}@example.com`,
      'email_local_part_too_long',
      'must have at most 64 characters before the @',
    ],
    ['ädä@example.com', 'email_local_part_not_ascii', 'must have only ASCII characters before the @'],
    ['a:b@example.com', 'email_colon', 'must not contain a colon, which HTTP Basic credentials cannot carry'],
    ['"a"@example.com', 'email_quoted', 'must not have a quoted name before the @'],
    ['a(b)@example.com', 'email_comment', 'must not contain a comment'],
    [
      'a b@example.com',
      'email_syntax',
      'must have only letters, digits, single dots and the characters of RFC 5322 before the @',
    ],
    ['a@', 'email_domain', 'must have a domain after the @'],
    ['a@[127.0.0.1]', 'email_address_literal', 'must have a domain name, not an address literal'],
    ['a@(b)example.com', 'email_comment', 'must not contain a comment'],
    ['a@b_c.example', 'email_domain', 'must have only letters, digits, hyphens and dots after the @'],
    ['a@b..example', 'email_domain', 'must have a valid domain name after the @'],
    // An A-label of nothing (RFC 5891 §4.2), wherever it stands.
    ['a@xn--a.example', 'email_domain', 'must have a valid domain name after the @'],
    ['a@b.xn--a.example', 'email_domain', 'must have a valid domain name after the @'],
    ['a@localhost', 'email_domain', 'must have a domain with a dot after the @'],
    ['a@127.0.0.1', 'email_domain', 'must have a domain name, not a number, after the @'],
  ]
  for (const [input, rule, detail] of details) {
    it(`says of ${JSON.stringify(input.slice(0, 30))} that it ${detail}`, () => {
      assert.deepEqual(canonicalEmail(input), { ok: false, broken: [{ rule, detail }] })
    })
  }

  it('looks at an address with as many spaces around it as it may be long, and no further', () => {
    const spaced = (length: number) => `ada@example.com${' '.repeat(length - 15)}`
    assert.equal(canonicalEmail(spaced(508)).ok, true)
    const tooLong = { rule: 'email_too_long', detail: 'must have at most 254 characters' }
    assert.deepEqual(canonicalEmail(spaced(509)), { ok: false, broken: [tooLong] })
  })

  const tops: [what: string, domain: string, isTaken: boolean][] = [
    ['begins with a digit', 'b.3com', true],
    ['ends with a digit', 'b.com3', true],
    ['has 0x within', 'b.a0x1', true],
    ['begins like a hexadecimal number', 'b.0xyz', true],
    ['is a digit', 'b.1', false],
    ['is a hexadecimal number', 'b.0x7f', false],
    ['is the beginning of a hexadecimal number', 'b.0x', false],
  ]
  for (const [what, domain, isTaken] of tops) {
    it(`${isTaken ? 'takes' : 'refuses'} a top-level domain that ${what}`, () => {
      assert.equal(canonicalEmail(`a@${domain}`).ok, isTaken)
    })
  }
})
