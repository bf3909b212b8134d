import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { PASSWORD } from '../../../test/support/client.ts'
import { startHttpWorld, useHttpWorld } from '../../../test/support/http-world.ts'
import { pendingUser } from '../../../test/support/people.ts'
import { assertInvalid, assertProblem } from '../../../test/support/problems.ts'
import { refuse } from '../../domain/refusals.ts'

const EMAIL = 'ada@example.com'

const world = useHttpWorld()
beforeEach(() => world.begin())

/** Where nobody is told which addresses are registered. */
const quiet = useHttpWorld({ useCases: { registerQuietly: async () => ({ ok: true }) } })

describe('POST /users', { timeout: 30_000 }, () => {
  it('answers 201 with the account, which is not active', async () => {
    const answer = await world.client.register(EMAIL, PASSWORD)
    assert.equal(answer.status, 201)
    assert.deepEqual(answer.body, { id: pendingUser.id, email: pendingUser.email, is_active: false })
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const [useCase, input] = world.asked[0] ?? []
    const { caller, ...typed } = input as { caller: { network: string; correlationId: string } }
    assert.deepEqual([useCase, typed], ['register', { email: EMAIL, password: PASSWORD, locale: 'en' }])
    assert.equal(caller.network, '127.0.0.0/24')
    assert.equal(caller.correlationId, answer.headers.get('x-correlation-id'))
  })

  for (const [what, body, accepted, locale] of [
    ['the locale of the body', { locale: 'fr-CA' }, 'en', 'fr-CA'],
    ['the language of the header', {}, 'fr-CA, en;q=0.5', 'fr'],
    ['the default, when it is asked for none there is', {}, 'de', 'en'],
  ] as const) {
    it(`registers in ${what}`, async () => {
      await world.client.ask('POST', '/users', {
        body: { email: EMAIL, password: PASSWORD, ...body },
        headers: { 'accept-language': accepted },
      })
      assert.equal((world.asked[0]?.[1] as { locale: string } | undefined)?.locale, locale)
    })
  }

  it('answers 422 with every broken rule of the shape, and of the fields that are there', async () => {
    const bodies: [body: object, ...rules: string[]][] = [
      [{}, '/email required', '/password required'],
      [{ email: 'a:b@example.com', password: 7 }, '/password type', '/email email_colon'],
      [{ password: 'Xylorim-qwerz' }, '/email required'],
      [
        { email: 'ada@example.com', password: 'xylorim', locale: 'e' },
        '/locale locale_format',
        '/password password_too_short',
        '/password password_upper_case',
        '/password password_special',
      ],
      [{ email: EMAIL, password: PASSWORD, locale: 'en', admin: true }, '/admin unknown_field'],
      [{ email: ['x'], password: PASSWORD }, '/email type'],
    ]
    for (const [body, ...rules] of bodies)
      assertInvalid(await world.client.ask('POST', '/users', { body }), ...rules)
    assert.deepEqual(world.asked, [])
  })

  for (const locale of ['en', 'deu', 'zh-Hant-TW', 'abcdefgh', 'en-12345678-a-b-c']) {
    it(`takes the locale ${locale}`, async () => {
      assert.equal((await world.client.register(EMAIL, PASSWORD, { locale })).status, 201)
    })
  }

  it('answers 422 to what is no locale', async () => {
    for (const locale of [
      '',
      'e',
      'abcdefghi',
      'en_US',
      'en-',
      'en-123456789',
      'en-a-b-c-d-e',
      ' en',
      '12',
    ]) {
      assertInvalid(await world.client.register(EMAIL, PASSWORD, { locale }), '/locale locale_format')
    }
  })

  it('answers 400 malformed_body without a body', async () => {
    assertProblem(await world.client.ask('POST', '/users'), 'malformed_body')
    assert.deepEqual(world.asked, [])
  })

  it('leaves a body of the right shape to the use case, which has limits to look at first', async () => {
    assert.equal((await world.client.register('ada', 'short')).status, 201)
    assert.equal(world.asked.length, 1)
  })

  it('passes a refusal on', async () => {
    world.begin({ register: async () => refuse({ refusal: 'email_taken' }) })
    assertProblem(await world.client.register(EMAIL), 'email_taken')
  })

  it('is refused before its body is read while there is no room to hash, and comes later than logins', async t => {
    const urgencies: string[] = []
    const { client, asked } = await startHttpWorld(t, {
      hasRoomToHash: urgency => {
        urgencies.push(urgency)
        return false
      },
    })
    const headers = { 'content-type': 'text/plain' }
    assertProblem(await client.ask('POST', '/users', { headers }), 'overloaded')
    for (const answer of [
      await client.me(EMAIL),
      await client.resend(EMAIL),
      await client.activate(EMAIL, '1'),
    ]) {
      assertProblem(answer, 'overloaded')
    }
    assertProblem(await client.ask('GET', '/users/me/code'), 'overloaded')
    assert.deepEqual(urgencies, ['later', 'first', 'first', 'first', 'first'])
    assert.deepEqual(asked, [])
  })
})

describe('POST /users, quietly', { timeout: 30_000 }, () => {
  it('answers 202 and says nothing of an account', async () => {
    const answer = await quiet.client.register(EMAIL, PASSWORD)
    assert.equal(answer.status, 202)
    assert.deepEqual(answer.body, { message: 'Look into your mail' })
    assert.deepEqual(
      quiet.asked.map(([useCase]) => useCase),
      ['registerQuietly'],
    )
  })

  it('passes a refusal on', async () => {
    const refused = refuse({ refusal: 'overloaded', retryAfterSeconds: 3 })
    quiet.begin({ registerQuietly: async () => refused })
    const answer = await quiet.client.register(EMAIL)
    assertProblem(answer, 'overloaded')
    assert.equal(answer.headers.get('retry-after'), '3')
  })
})
