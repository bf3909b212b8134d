import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseBasicAuth } from './basic-auth.ts'

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')

describe('parseBasicAuth', () => {
  const taken: [what: string, header: string, email: string, password: string][] = [
    ['an address and a password', `Basic ${base64('ada@example.com:secret')}`, 'ada@example.com', 'secret'],
    ['the scheme in any case', `bAsIc ${base64('a:b')}`, 'a', 'b'],
    ['several spaces after the scheme', `Basic   ${base64('a:b')}`, 'a', 'b'],
    ['colons in the password', `Basic ${base64('a:b:c:')}`, 'a', 'b:c:'],
    ['nothing before the colon', `Basic ${base64(':b')}`, '', 'b'],
    ['nothing behind the colon', `Basic ${base64('a:')}`, 'a', ''],
    ['UTF-8', `Basic ${base64('a:Zwölf-😀')}`, 'a', 'Zwölf-😀'],
    ['a byte order mark, which belongs to the text', `Basic ${base64('\ufeffa:b')}`, '\ufeffa', 'b'],
    ['every character of base64', `Basic ${base64('a:~~~???')}`, 'a', '~~~???'],
    ['2048 characters', `Basic ${base64(`a:${'b'.repeat(1534)}`)}`, 'a', 'b'.repeat(1534)],
  ]
  for (const [what, header, email, password] of taken) {
    it(`reads ${what}`, () => assert.deepEqual(parseBasicAuth(header), { email, password }))
  }

  const refused: [what: string, header: string | undefined][] = [
    ['no header', undefined],
    ['an empty header', ''],
    ['the scheme alone', 'Basic '],
    ['no space after the scheme', `Basic${base64('a:b')}`],
    ['another scheme', `Bearer ${base64('a:b')}`],
    ['a scheme that ends like Basic', `x Basic ${base64('a:b')}`],
    ['more behind the credentials', `Basic ${base64('a:b')} x`],
    ['no colon', `Basic ${base64('ada')}`],
    ['base64 without its padding', 'Basic YTo'],
    ['base64 with more padding than it needs', `Basic ${base64('a:bcd')}=`],
    ['base64 with three of it', 'Basic YTo===='],
    ['base64 whose last bits are not zero', 'Basic YTp='],
    ['the alphabet for URLs', `Basic ${base64('a:~~~???').replaceAll('+', '-').replaceAll('/', '_')}`],
    ['a space within', 'Basic YT pi'],
    ['what is not UTF-8', `Basic ${base64(Buffer.from([0x61, 0x3a, 0xff]))}`],
    ['2052 characters', `Basic ${base64(`a:${'b'.repeat(1537)}`)}`],
  ]
  for (const [what, header] of refused) {
    it(`takes ${what} for no credentials`, () => assert.equal(parseBasicAuth(header), undefined))
  }
})
