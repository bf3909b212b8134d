import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noLimit } from '../../test/support/limits.ts'
import { CALLER, pendingUser } from '../../test/support/people.ts'
import { DEFAULT_BUDGET } from '../../test/support/settings.ts'
import { sendsPolicy } from '../domain/budget.ts'
import { refuse } from '../domain/refusals.ts'
import type { SecurityEvent } from './audit.ts'
import { createRecentAddresses } from './recent-addresses.ts'
import { type RegisterUserPorts, registerUser } from './register-user.ts'

const INPUT = {
  email: ' ADA@example.com',
  password: 'Correct-Horse-7',
  locale: 'fr-CA',
  caller: CALLER,
}

/** Ports that all go well and write down what they were asked, but for those that the test replaces. */
const world = (replaced: Partial<RegisterUserPorts> = {}) => {
  const calls: string[] = []
  const audited: SecurityEvent[] = []
  const stored: Parameters<RegisterUserPorts['storeRegistration']>[0][] = []
  let ids = 0
  const ports: RegisterUserPorts = {
    registrationsPerNetwork: noLimit,
    recentAddresses: createRecentAddresses(),
    findObstacle: async () => undefined,
    hashPassword: async password => {
      calls.push(`hash ${password}`)
      return { ok: true, phc: '$argon2id$' }
    },
    storeRegistration: async registration => {
      calls.push('store')
      stored.push(registration)
      return { ok: true, user: pendingUser, codeLength: 4, replacedUserId: undefined }
    },
    newId: () => {
      ids += 1
      return `id-${ids}`
    },
    newCodeId: () => 'key.random',
    audit: event => audited.push(event),
    ...replaced,
  }
  return { register: registerUser(ports), calls, stored, audited }
}

describe('registerUser', () => {
  it('stores user, mail request and event together, each under an id of its own', async () => {
    const { register, calls, stored } = world()
    assert.deepEqual(await register(INPUT), { ok: true, user: pendingUser })
    assert.deepEqual(calls, ['hash Correct-Horse-7', 'store'])
    assert.deepEqual(stored, [
      {
        userId: 'id-1',
        email: 'ada@example.com',
        passwordHash: '$argon2id$',
        codeId: 'key.random',
        mailId: 'id-2',
        eventId: 'id-3',
        locale: 'fr-CA',
        correlationId: 'correlation-1',
      },
    ])
  })

  it('answers validation_failed with every broken rule, without hashing', async () => {
    const { register, calls } = world()
    const refused = await register({ ...INPUT, email: 'ada', password: 'Xylorim' })
    assert.ok(!refused.ok && refused.refusal === 'validation_failed')
    assert.deepEqual(
      refused.violations.map(({ rule }) => rule),
      ['email_syntax', 'password_too_short', 'password_special'],
    )
    assert.deepEqual(calls, [])
  })

  it('answers overloaded when too many hashes wait already, and stores nothing', async () => {
    const overloaded = refuse({ refusal: 'overloaded', retryAfterSeconds: 2 })
    const { register, calls } = world({ hashPassword: async () => overloaded })
    assert.deepEqual(await register(INPUT), overloaded)
    assert.deepEqual(calls, [])
  })

  for (const refused of [
    refuse({ refusal: 'email_taken' }),
    refuse({ refusal: 'rate_limited', limit: sendsPolicy(DEFAULT_BUDGET), retryAfterSeconds: 30 }),
  ]) {
    it(`answers ${refused.refusal} when the statement does`, async () => {
      const { register, calls } = world({ storeRegistration: async () => refused })
      assert.deepEqual(await register(INPUT), refused)
      assert.deepEqual(calls, ['hash Correct-Horse-7'])
    })
  }
})
