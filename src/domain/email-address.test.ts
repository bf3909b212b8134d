import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../../test/support/any-text.ts'
import { canonicalEmail } from './email-address.ts'

const rulesBrokenBy = (input: string): string[] => {
  const result = canonicalEmail(input)
  return result.ok ? [] : result.broken.map(({ rule }) => rule)
}

const label = (length: number) => 'a'.repeat(length)
/** Dotted labels that are `length` characters in all. */
const domainOf = (length: number) => {
  const labels = [label(61), label(61), label(61)].join('.')
  return `${label(length - labels.length - 1)}.${labels}`
}

describe('the rules for e-mail addresses', () => {
  const accepted: [what: string, input: string, email: string][] = [
    ['a plain address', 'ada@example.com', 'ada@example.com'],
    ['upper case', 'ADA@Example.COM', 'ada@example.com'],
    ['spaces and tabs around it', ' \tada@example.com\t ', 'ada@example.com'],
    ['tags and dots, which stay', 'a.d.a+news@example.com', 'a.d.a+news@example.com'],
    [
      'every special character of an atom',
      "!#$%&'*+/=?^_`{|}~-@example.com",
      "!#$%&'*+/=?^_`{|}~-@example.com",
    ],
    ['an IDN domain', 'user@bücher.example', 'user@xn--bcher-kva.example'],
    ['an IDN domain in upper case', 'user@BÜCHER.example', 'user@xn--bcher-kva.example'],
    ['an A-label', 'user@XN--bcher-kva.example', 'user@xn--bcher-kva.example'],
    ['an ideographic full stop in the domain', 'user@例え。テスト', 'user@xn--r8jz45g.xn--zckzah'],
    ['64 characters before the @', `${label(64)}@example.com`, `${label(64)}@example.com`],
    ['labels of 63 characters', `a@${label(63)}.example`, `a@${label(63)}.example`],
    ['254 characters', `${label(4)}@${domainOf(249)}`, `${label(4)}@${domainOf(249)}`],
    ['digits in every label but the last', 'a@1.2.example', 'a@1.2.example'],
  ]
  for (const [what, input, email] of accepted) {
    it(`take ${what}`, () => assert.deepEqual(canonicalEmail(input), { ok: true, email }))
  }

  const refused: [rule: string, inputs: string[]][] = [
    [
      'email_control_character',
      ['a\r\nb@example.com', 'a@example.com\n', '\0a@example.com', 'a\x7f@b.example', 'a\u2028@b.example'],
    ],
    ['email_syntax', ['', 'ada', '@example.com', '.a@example.com', 'a.@example.com', 'a..b@example.com']],
    [
      'email_syntax',
      ['a b@example.com', 'a@b@example.com', 'a,b@example.com', '<a@example.com', 'a\\b@c.example'],
    ],
    ['email_colon', ['a:b@example.com']],
    ['email_quoted', ['"ada"@example.com', 'a"b@example.com']],
    ['email_comment', ['ada(work)@example.com', 'ada@(work)example.com']],
    ['email_local_part_not_ascii', ['ädä@example.com', 'аda@example.com', '\ud800@example.com']],
    // U+212A becomes an ASCII k in lower case.
    ['email_local_part_not_ascii', ['\u212aate@example.com']],
    ['email_local_part_too_long', [`${label(65)}@example.com`]],
    ['email_too_long', [`${label(5)}@${domainOf(249)}`]],
    ['email_address_literal', ['a@[127.0.0.1]', 'a@[IPv6:::1]']],
    ['email_domain', ['a@', 'a@localhost', 'a@.example.com', 'a@example.com.', 'a@example..com', 'a@.']],
    [
      'email_domain',
      [`a@${label(64)}.example`, 'a@-b.example', 'a@b-.example', 'a@b_c.example', 'a@b c.example'],
    ],
    ['email_domain', ['a@127.0.0.1', 'a@127.1', 'a@0x7f.1', 'a@1.0x7f', 'a@2130706433', 'a@１２７.１']],
    [
      'email_domain',
      ['a@%41.example', 'a@％４１.example', 'a@b.example/c', 'a@b.example:25', 'a@\ud800.example'],
    ],
  ]
  for (const [rule, inputs] of refused) {
    for (const input of inputs) {
      // A line separator in a title would break the line in TAP.
      const shown = JSON.stringify(input).replace('\u2028', '\\u2028')
      it(`refuse ${shown} as ${rule}`, () => assert.deepEqual(rulesBrokenBy(input), [rule]))
    }
  }

  it('name what is wrong before the @ and behind it', () => {
    assert.deepEqual(rulesBrokenBy('a:b@localhost'), ['email_colon', 'email_domain'])
  })

  it('refuse what is far too long as email_too_long, whatever else it is', () => {
    for (const input of [' '.repeat(8000), `a${' '.repeat(8000)}b@example.com`, `\n${'"('.repeat(4000)}`]) {
      assert.deepEqual(rulesBrokenBy(input), ['email_too_long'])
    }
    assert.deepEqual(rulesBrokenBy(`${' '.repeat(200)}ada@example.com${' '.repeat(200)}`), [])
  })

  it('take every dotted address of RFC 5322, and put it into lower case', () => {
    fc.assert(
      fc.property(fc.emailAddress(), address => {
        const email = address.toLowerCase()
        assert.deepEqual(canonicalEmail(address.toUpperCase()), { ok: true, email })
      }),
    )
  })

  it('make a canonical address canonical again without a change, 3 to 254 printable ASCII characters, whatever comes in', () => {
    const spoilt = fc
      .tuple(fc.emailAddress(), fc.nat(30), anyCharacter)
      .map(([address, at, intruder]) => address.slice(0, at) + intruder + address.slice(at))
    fc.assert(
      fc.property(fc.oneof(spoilt, fc.string({ unit: anyCharacter })), input => {
        const first = canonicalEmail(input)
        if (!first.ok) return
        assert.match(first.email, /^[\x21-\x7e]{3,254}$/)
        assert.deepEqual(canonicalEmail(first.email), first)
      }),
      { numRuns: 300 },
    )
  })
})
