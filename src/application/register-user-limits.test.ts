import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hourlyLimit, noLimit } from '../../test/support/limits.ts'
import { CALLER, pendingUser } from '../../test/support/people.ts'
import { DEFAULT_BUDGET } from '../../test/support/settings.ts'
import { sendsPolicy } from '../domain/budget.ts'
import { rateLimited, refuse } from '../domain/refusals.ts'
import type { SecurityEvent } from './audit.ts'
import { createRecentAddresses } from './recent-addresses.ts'
import { type RegisterUserPorts, registerUser } from './register-user.ts'

const EMAIL = pendingUser.email
const INPUT = { email: EMAIL, password: 'Correct-Horse-7', locale: 'en', caller: CALLER }
const SENDS_SPENT = rateLimited(sendsPolicy(DEFAULT_BUDGET), 30)
const TAKEN = refuse({ refusal: 'email_taken' })

const world = (replaced: Partial<RegisterUserPorts> = {}) => {
  const calls: string[] = []
  const audited: SecurityEvent[] = []
  const register = registerUser({
    registrationsPerNetwork: noLimit,
    recentAddresses: createRecentAddresses(),
    findObstacle: async email => {
      calls.push(`look ${email}`)
      return undefined
    },
    hashPassword: async (_password, gone) => {
      calls.push(gone ? 'hash while somebody waits' : 'hash')
      return { ok: true, phc: '$argon2id$' }
    },
    storeRegistration: async () => {
      calls.push('store')
      return { ok: true, user: pendingUser, codeLength: 4, replacedUserId: undefined }
    },
    newId: () => 'id-1',
    newCodeId: () => 'key.random',
    audit: event => audited.push(event),
    ...replaced,
  })
  return { register, calls, audited }
}

describe('registerUser', () => {
  it('looks what stands in the way of an address that it has dealt with before, and of no other', async () => {
    const { register, calls } = world()
    await register(INPUT)
    await register({ ...INPUT, email: 'eve@example.com' })
    await register(INPUT)
    assert.deepEqual(calls, ['hash', 'store', 'hash', 'store', `look ${EMAIL}`, 'hash', 'store'])
  })

  it('remembers an address although its registration is refused or fails', async () => {
    for (const storeRegistration of [async () => TAKEN, () => Promise.reject(new Error('no database'))]) {
      const recentAddresses = createRecentAddresses()
      const { register } = world({ recentAddresses, storeRegistration })
      await register(INPUT).catch(() => {})
      assert.equal(recentAddresses.has(EMAIL), true)
    }
  })

  for (const [refused, audit] of [
    [TAKEN, []],
    [SENDS_SPENT, [{ event: 'limit_hit', limit: 'sends_per_address', email: EMAIL, ...CALLER }]],
  ] as const) {
    it(`hashes nothing for an address that is known to get ${refused.refusal}`, async () => {
      const recentAddresses = createRecentAddresses()
      recentAddresses.add(EMAIL)
      const findObstacle = async () => refused
      const { register, calls, audited } = world({ recentAddresses, findObstacle })
      assert.equal(await register(INPUT), refused)
      assert.deepEqual(calls, [])
      assert.deepEqual(audited, audit)
    })

    it(`notes ${refused.refusal} of the statement in the audit log only when it is a limit`, async () => {
      const { register, audited } = world({ storeRegistration: async () => refused })
      assert.equal(await register(INPUT), refused)
      assert.deepEqual(audited, audit)
    })
  }

  it('hashes nothing for a network whose registrations are spent, and says so in the audit log', async () => {
    const limit = hourlyLimit(1)
    const { register, calls, audited } = world({ registrationsPerNetwork: limit })
    await register(INPUT)
    assert.deepEqual(await register({ ...INPUT, email: 'eve@example.com' }), rateLimited(limit.policy, 3600))
    assert.deepEqual(calls, ['hash', 'store'])
    assert.deepEqual(audited.at(-1), {
      event: 'limit_hit',
      limit: limit.policy.name,
      email: 'eve@example.com',
      ...CALLER,
    })
    const elsewhere = { ...CALLER, network: '198.51.100.0/24' }
    assert.equal((await register({ ...INPUT, caller: elsewhere })).ok, true)
  })

  it('charges no network for fields that break rules', async () => {
    const { register } = world({ registrationsPerNetwork: hourlyLimit(1) })
    for (let times = 0; times < 3; times += 1) await register({ ...INPUT, password: 'short' })
    assert.equal((await register(INPUT)).ok, true)
  })

  it('hashes for as long as somebody waits for it', async () => {
    const { register, calls } = world()
    await register({ ...INPUT, caller: { ...CALLER, gone: new AbortController().signal } })
    assert.equal(calls[0], 'hash while somebody waits')
  })

  it('writes into the audit log who is registered, and whose registration that has replaced', async () => {
    const who = { email: EMAIL, userId: pendingUser.id, ...CALLER }
    const first = world()
    await first.register(INPUT)
    assert.deepEqual(first.audited, [{ event: 'registered', ...who }])

    const stored = { ok: true, user: pendingUser, codeLength: 4, replacedUserId: 'user-0' } as const
    const second = world({ storeRegistration: async () => stored })
    await second.register(INPUT)
    assert.deepEqual(second.audited, [
      { event: 'replaced', replacedUserId: 'user-0', ...who },
      { event: 'registered', ...who },
    ])
  })
})
