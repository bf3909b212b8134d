import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CALLER, pendingUser } from '../../test/support/people.ts'
import { refuse, Unavailable } from '../domain/refusals.ts'
import { countOutcomes } from './count-outcomes.ts'
import type { UseCases } from './use-cases.ts'

const CREDENTIALS = { email: 'ada@example.com', password: 'Correct-Horse-7' }
const INPUT = { ...CREDENTIALS, locale: 'en', caller: CALLER }
const USER = { ok: true, user: pendingUser } as const
const CODE = { length: 4, attemptsLeft: 3, expiresInSeconds: 60, resendInSeconds: 30 }

/** Use cases that all go well, but for those that the test replaces, and what was counted of them. */
const world = (replaced: Partial<UseCases> = {}) => {
  const counted: [useCase: string, outcome: string][] = []
  const useCases = countOutcomes(
    {
      register: async () => USER,
      registerQuietly: undefined,
      activate: async () => USER,
      resend: async () => ({ ok: true, retryAfterSeconds: 30 }),
      lookAtCode: async () => ({ ok: true, code: CODE }),
      authenticate: async () => USER,
      ...replaced,
    },
    (useCase, outcome) => counted.push([useCase, outcome]),
  )
  return { useCases, counted }
}

describe('countOutcomes', () => {
  it('counts each use case under its name, and passes on what came of it', async () => {
    const { useCases, counted } = world()
    assert.equal(await useCases.register(INPUT), USER)
    assert.equal(await useCases.activate({ credentials: CREDENTIALS, code: '0042', caller: CALLER }), USER)
    assert.deepEqual(await useCases.resend({ credentials: CREDENTIALS, caller: CALLER }), {
      ok: true,
      retryAfterSeconds: 30,
    })
    assert.deepEqual(await useCases.lookAtCode(CREDENTIALS, CALLER), { ok: true, code: CODE })
    assert.equal(await useCases.authenticate(CREDENTIALS, CALLER), USER)
    assert.deepEqual(counted, [
      ['register', 'ok'],
      ['activate', 'ok'],
      ['resend', 'ok'],
      ['look_at_code', 'ok'],
      ['authenticate', 'ok'],
    ])
  })

  it('passes on what the use case was asked, all of it', async () => {
    const asked: unknown[] = []
    const authenticate: UseCases['authenticate'] = async (...input) => {
      asked.push(...input)
      return USER
    }
    await world({ authenticate }).useCases.authenticate(CREDENTIALS, CALLER, { forMail: true })
    assert.deepEqual(asked, [CREDENTIALS, CALLER, { forMail: true }])
  })

  it('counts a quiet registration like an open one, where registering is done quietly', async () => {
    assert.equal(world().useCases.registerQuietly, undefined)
    const { useCases, counted } = world({ registerQuietly: async () => ({ ok: true }) })
    assert.deepEqual(await useCases.registerQuietly?.(INPUT), { ok: true })
    assert.deepEqual(counted, [['register', 'ok']])
  })

  it('counts a refusal under its name', async () => {
    const refused = refuse({ refusal: 'email_taken' })
    const { useCases, counted } = world({ register: async () => refused })
    assert.equal(await useCases.register(INPUT), refused)
    assert.deepEqual(counted, [['register', 'email_taken']])
  })

  for (const [error, outcome] of [
    [new Unavailable('no database'), 'unavailable'],
    [new TypeError('a bug'), 'error'],
  ] as const) {
    it(`counts a thrown ${error.name} as ${outcome}, and throws it on`, async () => {
      const { useCases, counted } = world({ register: () => Promise.reject(error) })
      await assert.rejects(useCases.register(INPUT), error)
      assert.deepEqual(counted, [['register', outcome]])
    })
  }
})
