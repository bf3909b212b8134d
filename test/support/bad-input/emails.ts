import assert from 'node:assert/strict'
import { newAddress } from '../client.ts'
import { BEYOND, type Entry, type Row, registration } from './catalogue.ts'

const refused = (row: Row, what: string, email: string, rule: string): Entry => ({
  row,
  what,
  send: () => registration({ email }),
  expected: [`/email ${rule}`],
})

const all = (row: Row, rule: string, emails: Record<string, string>): Entry[] =>
  Object.entries(emails).map(([what, email]) => refused(row, what, email, rule))

/** An address that is taken, and under which form; `*` stands for a name that nobody else has. */
const taken = (row: Row, what: string, email: string, canonical: string): Entry => {
  const name = newAddress().split('@')[0] ?? ''
  return {
    row,
    what,
    send: () => registration({ email: email.replace('*', name) }),
    expected: 201,
    also: ({ body }) => assert.equal(body.email, canonical.replace('*', name)),
  }
}

const ROW = 'e-mail addresses that are none'
const CATALOGUE: Entry[] = [
  ...all(ROW, 'email_control_character', {
    'CR LF': 'a\r\nBcc: b@example.com',
    CR: 'a\r@example.com',
    LF: 'a@example.com\n',
    NUL: 'a\0@example.com',
    'a control character': 'a\x1b@example.com',
    DEL: 'a@example\x7f.com',
    'a control character of Latin-1': 'a\x85@example.com',
  }),
  ...all(ROW, 'email_quoted', {
    'a quoted local part': '"a b"@example.com',
    'an empty one': '""@example.com',
  }),
  ...all(ROW, 'email_comment', {
    'a comment': 'a(b)@example.com',
    'a comment in the domain': 'a@(b)example.com',
  }),
  ...all(ROW, 'email_address_literal', {
    '[127.0.0.1]': 'a@[127.0.0.1]',
    'an IPv6 address': 'a@[IPv6:::1]',
  }),
  ...all(ROW, 'email_syntax', {
    'two @': 'a@b@example.com',
    'no @': 'example.com',
    'nothing before the @': '@example.com',
    nothing: '',
    'a leading dot': '.a@example.com',
    'a trailing dot': 'a.@example.com',
    'two dots': 'a..b@example.com',
    'a blank': 'a b@example.com',
  }),
  ...all(ROW, 'email_domain', {
    'a domain without a dot': 'a@localhost',
    'no domain': 'a@',
    'a leading dot in the domain': 'a@.example.com',
    'a trailing dot in the domain': 'a@example.com.',
    'two dots in the domain': 'a@example..com',
    'a label of 64': `a@${'b'.repeat(64)}.example`,
  }),
  refused(ROW, 'a colon', 'a:b@example.com', 'email_colon'),
  refused(ROW, 'a local part outside of ASCII', 'ä@example.com', 'email_local_part_not_ascii'),
  refused(ROW, 'a local part of 65', `${'a'.repeat(65)}@example.com`, 'email_local_part_too_long'),
  refused(ROW, '255 in all', `a@${`${'b'.repeat(61)}.`.repeat(4)}exampl`.slice(0, 255), 'email_too_long'),
]

const DOMAINS: Entry[] = [
  taken('international domains', 'an umlaut', '*@bücher.example', '*@xn--bcher-kva.example'),
  taken(
    'international domains',
    'an umlaut of two characters',
    '*@bu\u0308cher.example',
    '*@xn--bcher-kva.example',
  ),
  taken('international domains', 'Japanese', '*@例え.テスト', '*@xn--r8jz45g.xn--zckzah'),
  ...all('international domains', 'email_domain', {
    '%41': 'a@%41.example',
    '127.1': 'a@127.1',
    '0x7f.1': 'a@0x7f.1',
    '127.0.0.1': 'a@127.0.0.1',
    '0x7f.0x1': 'a@0x7f.0x1',
    '127.1 in full-width digits': 'a@１２７．１',
    '%41 in full-width signs': 'a@％４１.example',
  }),
]

const BEYOND_SYNTAX: Entry[] = [
  ...(['Ada <a@example.com>', '@'] as const).map(
    (email): Entry => ({
      row: BEYOND,
      what: `${email} for an address`,
      send: () => registration({ email }),
      expected: ['/email email_syntax', '/email email_domain'],
    }),
  ),
  ...all(BEYOND, 'email_syntax', {
    'two addresses': 'a@example.com,b@example.com',
    'two addresses for Outlook': 'a@example.com;b@example.com',
    'a tab within': 'a\u0020\u0020b@example.com',
    'markup before the @': '<script>@example.com',
    'a backslash': 'a\\b@example.com',
    'a dot for a name': '.@example.com',
  }),
  ...all(BEYOND, 'email_colon', {
    'a mailto link': 'mailto:a@example.com',
    'another way to write a route': '@b.example:a@example.com',
  }),
  ...all(BEYOND, 'email_local_part_not_ascii', {
    'right-to-left override in an address': 'a\u202eb@example.com',
    'a zero-width space': 'a\u200bb@example.com',
    'a byte order mark before it': '\ufeffa@example.com',
    'a no-break space before it': '\u00a0a@example.com',
    'a Cyrillic а': 'аda@example.com',
    'an emoji': '🔑@example.com',
    'a full-width @': 'a＠b@example.com',
    'a Kelvin sign': '\u212aada@example.com',
  }),
  ...all(BEYOND, 'email_control_character', {
    'a line separator in an address': 'a\u2028@example.com',
    'a paragraph separator': 'a@example\u2029.com',
    'a tab': 'a\tb@example.com',
  }),
  ...all(BEYOND, 'email_comment', {
    'a command': '$(id)@example.com',
    'a comment behind it': 'a@example.com(b)',
  }),
  ...all(BEYOND, 'email_domain', {
    'right-to-left override in the domain': 'a@b\u202ec.example',
    'a replacement character in the domain': 'a@b\ufffd.example',
    'punycode that does not decode': 'a@xn--\u0041-.example',
    'punycode of nothing': 'a@xn--.example',
    'punycode of ASCII': 'a@xn--example-.com',
    'punycode beyond Unicode': 'a@xn--99999999.example',
    'a label that begins with a hyphen': 'a@-b.example',
    'a label that ends with a hyphen': 'a@b-.example',
    'an underscore in the domain': 'a@b_c.example',
    'a blank in the domain': 'a@b c.example',
    'a slash in the domain': 'a@b/c.example',
    'a port': 'a@example.com:25',
    'a fragment behind the domain': 'a@example.com#b',
    'a query behind the domain': 'a@example.com?subject=b',
    'a second @ in full width': 'a@b＠example.com',
    'a domain of dots': 'a@...',
    'an ideographic full stop at the end': 'a@example.com。',
    'a top-level domain of digits': 'a@example.123',
    'a top-level domain of a hexadecimal number': 'a@example.0x1f',
    'a slash that is a compatibility character': 'a@b℀c.example',
    'an international label of 64': `a@${'ü'.repeat(60)}.example`,
  }),
]

const BEYOND_TAKEN: Entry[] = [
  taken(BEYOND, 'blanks and tabs around an address', ' \t*@example.com\t ', '*@example.com'),
  taken(BEYOND, 'a label of 63', `*@${'b'.repeat(63)}.example`, `*@${'b'.repeat(63)}.example`),
  taken(BEYOND, 'a Cyrillic а in the domain', '*@exаmple.com', '*@xn--exmple-4nf.com'),
  taken(BEYOND, 'a domain in full-width letters', '*@ｅxample.com', '*@example.com'),
  taken(BEYOND, 'a domain with an ideographic full stop', '*@example。com', '*@example.com'),
  taken(BEYOND, 'a soft hyphen in the domain', '*@exam\u00adple.com', '*@example.com'),
  taken(BEYOND, 'a Kelvin sign in the domain', '*@\u212aelvin.example', '*@kelvin.example'),
  taken(BEYOND, 'a sharp s in the domain', '*@straße.example', '*@xn--strae-oqa.example'),
  taken(BEYOND, 'an A-label in capitals', '*@XN--BCHER-KVA.EXAMPLE', '*@xn--bcher-kva.example'),
  taken(BEYOND, 'an emoji for a domain', '*@💩.example', '*@xn--ls8h.example'),
  taken(
    BEYOND,
    'every sign that needs no quotes',
    "*!#$%&'*+/=?^_`{|}~-@example.com",
    "*!#$%&'*+/=?^_`{|}~-@example.com",
  ),
  taken(BEYOND, 'a percent sign', '*%00%0a@example.com', '*%00%0a@example.com'),
  taken(BEYOND, 'SQL', "*'--@example.com", "*'--@example.com"),
  taken(BEYOND, 'a template', '*{{7*7}}@example.com', '*{{7*7}}@example.com'),
  taken(BEYOND, 'a domain of one letter', '*@a.b', '*@a.b'),
  taken(BEYOND, 'a local part of 64', `*${'a'.repeat(23)}@example.com`, `*${'a'.repeat(23)}@example.com`),
  taken(
    BEYOND,
    '254 in all',
    `*@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.${'e'.repeat(254 - 41 - 1 - 3 * 64)}`,
    `*@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.${'e'.repeat(254 - 41 - 1 - 3 * 64)}`,
  ),
]

export const EMAILS: Entry[] = [...CATALOGUE, ...DOMAINS, ...BEYOND_SYNTAX, ...BEYOND_TAKEN]
