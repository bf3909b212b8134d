import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { useHttpWorld } from '../../test/support/http-world.ts'
import { assertProblem } from '../../test/support/problems.ts'
import { request, sendRaw } from '../../test/support/raw-http.ts'

const BODY = '{"email":"ada@example.com","password":"Correct-Horse-7"}'
const JSON_TYPE = 'Content-Type: application/json'

const world = useHttpWorld()
beforeEach(() => world.begin())

describe('the body of a request', { timeout: 30_000 }, () => {
  const taken: [what: string, ...headers: string[]][] = [
    ['application/json', JSON_TYPE],
    ['application/json in capitals', 'Content-Type: APPLICATION/JSON'],
    ['application/json with an empty parameter', 'Content-Type: application/json ; '],
    ['application/json in UTF-8', 'Content-Type: application/json; charset=utf-8'],
    ['application/json in UTF-8, quoted', 'Content-Type: application/json;\tcharset="UTF-8" '],
    ['no encoding', JSON_TYPE, 'Content-Encoding: identity'],
    ['an empty encoding', JSON_TYPE, 'Content-Encoding:'],
  ]
  for (const [what, ...headers] of taken) {
    it(`is taken as ${what}`, async () => {
      const answer = await sendRaw(world.url, request('POST /users HTTP/1.1', headers, BODY))
      assert.equal(answer?.status, 201)
    })
  }

  it('is refused as any other media type, charset or encoding', async () => {
    const refused = [
      ['Content-Type: text/plain'],
      ['Content-Type: application/json5'],
      ['Content-Type: x-application/json'],
      ['Content-Type: application/json; charset=utf-8x'],
      ['Content-Type: application/json; charset=utf-16'],
      ['Content-Type: application/json; charset="utf-8"; charset=latin1'],
      ['Content-Type: application/json; x=y'],
      [JSON_TYPE, 'Content-Encoding: gzip'],
      [JSON_TYPE, 'Content-Encoding: gzip, identity'],
      [JSON_TYPE, 'Content-Encoding: identity, gzip'],
    ]
    for (const headers of refused) {
      const answer = await sendRaw(world.url, request('POST /users HTTP/1.1', headers, BODY))
      assertProblem(answer, 'unsupported_media_type')
    }
    assert.deepEqual(world.asked, [])
  })

  it('is refused unless it is one object in UTF-8 that reaches for no prototype', async () => {
    for (const body of [
      '{"email"',
      '[]',
      'null',
      '"text"',
      '7',
      '{} {}',
      `\ufeff\ufeff${BODY}`,
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      '{"__proto__":{"a":1}}',
      '{"constructor":{"prototype":{"a":1}}}',
    ]) {
      assertProblem(
        await sendRaw(world.url, request('POST /users HTTP/1.1', [JSON_TYPE], body)),
        'malformed_body',
      )
    }
    assert.deepEqual(world.asked, [])
  })

  it('is taken with one byte order mark before it', async () => {
    const answer = await sendRaw(world.url, request('POST /users HTTP/1.1', [JSON_TYPE], `\ufeff${BODY}`))
    assert.equal(answer?.status, 201)
  })

  it('may be empty where none is needed, whatever its type says', async () => {
    const headers = [JSON_TYPE, `Authorization: Basic ${Buffer.from('a:b').toString('base64')}`]
    const answer = await sendRaw(world.url, request('POST /users/resend-code HTTP/1.1', headers, ''))
    assert.equal(answer?.status, 202)
  })

  it('has 8 KiB at most', async () => {
    const bodyOf = (length: number) => `{"x":"${'x'.repeat(length - 8)}"}`
    const send = (length: number) =>
      sendRaw(world.url, request('POST /users HTTP/1.1', [JSON_TYPE], bodyOf(length)))
    assert.equal((await send(8192))?.status, 422)
    assertProblem(await send(8193), 'body_too_large')
  })
})
