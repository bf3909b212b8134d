import { activation, BEYOND, type Entry, type Row, registration } from './catalogue.ts'

const broken = (row: Row, what: string, password: string, ...rules: string[]): Entry => ({
  row,
  what,
  send: () => registration({ password }),
  expected: rules.map(rule => `/password password_${rule}`),
})

const fine = (what: string, password: string): Entry => ({
  row: BEYOND,
  what,
  send: () => registration({ password }),
  expected: 201,
})

const SHORT = 'password too short or without a class'
const LONG = 'password too long or with control characters'
const COMMON = 'common password, or the address itself'

const CATALOGUE: Entry[] = [
  broken(SHORT, '11 characters', 'Elf-Zeichen', 'too_short'),
  broken(SHORT, 'no upper-case letter', 'correct-horse-7', 'upper_case'),
  broken(SHORT, 'no lower-case letter', 'CORRECT-HORSE-7', 'lower_case'),
  broken(SHORT, 'no special character', 'CorrectHorse77', 'special'),
  broken(SHORT, 'nothing', '', 'too_short', 'upper_case', 'lower_case', 'special'),
  broken(SHORT, 'letters without case', '密码密码密码密码密码密码', 'upper_case', 'lower_case', 'special'),
  broken(LONG, '129 code points', `Aa!${'🔑'.repeat(126)}`, 'too_long'),
  broken(LONG, '4,000 letters', `Aa!${'b'.repeat(4000)}`, 'too_long'),
  broken(LONG, 'NUL', 'Correct-Horse-\0', 'control_character'),
  broken(LONG, 'a line break', 'Correct-\nHorse', 'control_character'),
  broken(LONG, 'a tab', 'Correct-\tHorse', 'control_character'),
  broken(LONG, 'DEL', 'Correct-Horse-\x7f', 'control_character'),
  broken(LONG, 'a control character of Latin-1', 'Correct-Horse-\x85', 'control_character'),
  broken(COMMON, 'a common one that meets the rules', 'Password123!', 'common'),
  broken(COMMON, 'a common one in disguise', 'P@ssw0rd2024!', 'common'),
  {
    row: COMMON,
    what: 'the address itself',
    send: () => registration({ email: 'Someone@Example.com', password: 'Someone@Example.com' }),
    expected: ['/password password_is_email'],
  },
]

/** Characters that NFC makes more or fewer of. */
const E_ACUTE = 'e\u0301'
const GROWING = '\u0344' // becomes U+0308 U+0301

const PASSWORDS: Entry[] = [
  fine('a password of blanks, and of one letter each', 'Aa          '),
  broken(BEYOND, 'a password of nothing but blanks', ' '.repeat(12), 'upper_case', 'lower_case'),
  fine('a password of ideographic spaces, and of one letter each', `Aa${'\u3000'.repeat(10)}`),
  broken(BEYOND, 'a password of 128 emoji', '🔑'.repeat(128), 'upper_case', 'lower_case'),
  fine('126 emoji and a letter of each case', `Aa${'🔑'.repeat(126)}`),
  fine('12 characters that NFC leaves 12', `Aa!${'é'.repeat(9)}`),
  broken(BEYOND, '13 characters that NFC makes 11 of', `Ab-qkxzvw${E_ACUTE}${E_ACUTE}`, 'too_short'),
  fine('254 characters that NFC makes 128 of', `A!${E_ACUTE.repeat(126)}`),
  broken(BEYOND, '128 characters that NFC makes 129 of', `Aa!${'b'.repeat(124)}${GROWING}`, 'too_long'),
  fine('11 characters that NFC makes 12 of', `Ab-qkxzvwj${GROWING}`),
  fine('combining marks', `Aa${'\u0301\u0302\u0303'.repeat(4)}`),
  fine('a mark at the beginning', '\u0301Correct-Horse'),
  fine('right-to-left override', 'Correct-\u202eHorse'),
  fine('zero-width characters', 'Correct-\u200bHorse'),
  fine('a byte order mark', '\ufeffCorrect-Horse'),
  fine('a line separator', 'Correct-\u2028Horse'),
  fine('a noncharacter', 'Correct-\uffffHorse'),
  fine('a private character', 'Correct-\u{10fffd}Horse'),
  fine('letters of other scripts, with case', 'ПРАВИЛЬНАЯ-лошадь'),
  fine('a quote, a backslash, a slash', `Correct"\\/'Horse`),
  fine('an escape that is text', 'Correct\\u0000-Horse'),
  fine('SQL as a password', `'); drop table users; -- A`),
  {
    row: BEYOND,
    what: 'the address itself in other letters',
    send: () => registration({ email: 'someone@example.com', password: 'SomeOne@Example.COM' }),
    expected: ['/password password_is_email'],
  },
  {
    row: BEYOND,
    what: 'everything wrong at once',
    send: () => registration({ email: '', password: '', locale: '', id: 1 }),
    expected: [
      '/id unknown_field',
      '/locale locale_format',
      '/email email_syntax',
      '/password password_lower_case',
      '/password password_special',
      '/password password_too_short',
      '/password password_upper_case',
    ],
  },
]

const CODE = 'what cannot be a code'
const code = (row: Row, what: string, typed: unknown, rule: string): Entry => ({
  row,
  what,
  send: ({ pending }) => activation(pending, { code: typed }),
  expected: [`/code ${rule}`],
})

const CODES: Entry[] = [
  code(CODE, 'the number 1234', 1234, 'type'),
  code(CODE, '["1234"]', ['1234'], 'type'),
  code(CODE, 'null', null, 'type'),
  code(CODE, 'nothing', undefined, 'required'),
  code(CODE, '0x12', '0x12', 'code_format'),
  code(CODE, 'Arabic-Indic digits', '١٢٣٤', 'code_format'),
  code(CODE, 'a blank before', ' 1234', 'code_format'),
  code(CODE, '3 digits', '123', 'code_format'),
  code(CODE, '5 digits', '12345', 'code_format'),
  code(BEYOND, 'a code of 7 digits', '1234567', 'code_format'),
  code(BEYOND, 'a code of 9 digits', '123456789', 'code_format'),
  code(BEYOND, 'a code of 8,000 digits', '1'.repeat(8000), 'code_format'),
  code(BEYOND, 'an empty code', '', 'code_format'),
  code(BEYOND, 'a code and a line break', '1234\n', 'code_format'),
  code(BEYOND, 'a line break and a code', '\n1234', 'code_format'),
  code(BEYOND, 'two codes on two lines', '1234\n1234', 'code_format'),
  code(BEYOND, 'a code and a blank', '1234 ', 'code_format'),
  code(BEYOND, 'a code and NUL', '1234\0', 'code_format'),
  code(BEYOND, 'a code in full-width digits', '１２３４', 'code_format'),
  code(BEYOND, 'a code in mathematical digits', '𝟏𝟐𝟑𝟒', 'code_format'),
  code(BEYOND, 'a code in superscript', '¹²³⁴', 'code_format'),
  code(BEYOND, 'a code with a zero-width space', '12\u200b34', 'code_format'),
  code(BEYOND, 'a code with a sign', '+123', 'code_format'),
  code(BEYOND, 'a code with an exponent', '12e3', 'code_format'),
  code(BEYOND, 'a code with a point', '12.4', 'code_format'),
  code(BEYOND, 'a code in pairs', '12 34', 'code_format'),
  code(BEYOND, 'a code with wild cards', '____', 'code_format'),
  code(BEYOND, 'a code of an object', { $ne: null }, 'type'),
  code(BEYOND, 'a code of true', true, 'type'),
]

export const PASSWORDS_AND_CODES: Entry[] = [...CATALOGUE, ...PASSWORDS, ...CODES]
