import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hourlyLimit, noLimit } from '../../test/support/limits.ts'
import { CALLER, pendingUser } from '../../test/support/people.ts'
import { refuse, Unavailable } from '../domain/refusals.ts'
import type { SecurityEvent } from './audit.ts'
import { type RegisterQuietlyPorts, registerQuietly, type StoreQuietly } from './register-quietly.ts'

const INPUT = {
  email: ' ADA@example.com',
  password: 'Correct-Horse-7',
  locale: 'fr-CA',
  caller: CALLER,
}

type Stored = Awaited<ReturnType<StoreQuietly>>

/** What an address can be to someone who registers it. */
const ADDRESSES: Record<string, Stored> = {
  'a free address': { result: 'registered', user: pendingUser, codeLength: 4, replacedUserId: undefined },
  'a pending address whose code is dead': {
    result: 'registered',
    user: pendingUser,
    codeLength: 4,
    replacedUserId: 'user-0',
  },
  'an active address': { result: 'reminded', userId: pendingUser.id },
  'a pending address whose code is live': { result: 'nothing' },
}

/** Ports that write down what they were asked, in order; the clock stands at 1234. */
const world = (stored: Stored, replaced: Partial<RegisterQuietlyPorts> = {}) => {
  const calls: string[] = []
  const audited: SecurityEvent[] = []
  const registrations: Parameters<StoreQuietly>[0][] = []
  let ids = 0
  const register = registerQuietly({
    registrationsPerNetwork: noLimit,
    hashPassword: async password => {
      calls.push(`hash ${password}`)
      return { ok: true, phc: '$argon2id$' }
    },
    storeQuietly: async registration => {
      calls.push('store')
      registrations.push(registration)
      return stored
    },
    newId: () => {
      ids += 1
      return `id-${ids}`
    },
    newCodeId: () => 'key.random',
    wakeCourier: () => calls.push('wake'),
    evenOut: async since => void calls.push(`even out from ${since}`),
    now: () => 1234,
    audit: event => audited.push(event),
    ...replaced,
  })
  return { register, calls, audited, registrations }
}

const FREE: Stored = { result: 'registered', user: pendingUser, codeLength: 4, replacedUserId: undefined }

describe('registerQuietly', () => {
  for (const [what, stored] of Object.entries(ADDRESSES)) {
    it(`answers the same after the same work for ${what}`, async () => {
      const { register, calls, registrations } = world(stored)
      assert.deepEqual(await register(INPUT), { ok: true })
      assert.deepEqual(calls, ['hash Correct-Horse-7', 'store', 'wake', 'even out from 1234'])
      assert.deepEqual(registrations, [
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
  }

  it('waits for the evened-out time before it answers', async () => {
    const pending = Promise.withResolvers<void>()
    const { register, calls } = world(FREE, { evenOut: () => pending.promise })
    const answer = register(INPUT).then(() => calls.push('answer'))
    for (let turns = 0; turns < 20; turns += 1) await null
    assert.deepEqual(calls, ['hash Correct-Horse-7', 'store', 'wake'])
    pending.resolve()
    await answer
    assert.equal(calls.at(-1), 'answer')
  })

  it('writes into the audit log what became of it', async () => {
    const who = { email: 'ada@example.com', userId: pendingUser.id, ...CALLER }
    const expected: SecurityEvent[][] = [
      [{ event: 'registered', ...who }],
      [
        { event: 'replaced', replacedUserId: 'user-0', ...who },
        { event: 'registered', ...who },
      ],
      [{ event: 'reminded', ...who }],
      [{ event: 'ignored', email: who.email, ...CALLER }],
    ]
    for (const [n, stored] of Object.values(ADDRESSES).entries()) {
      const { register, audited } = world(stored)
      await register(INPUT)
      assert.deepEqual(audited, expected[n])
    }
  })

  it('names every broken rule at once, without hashing or waiting', async () => {
    const { register, calls } = world(FREE)
    const refused = await register({ ...INPUT, email: 'ada', password: 'Xylorim' })
    assert.ok(!refused.ok && refused.refusal === 'validation_failed')
    assert.deepEqual(
      refused.violations.map(({ rule }) => rule),
      ['email_syntax', 'password_too_short', 'password_special'],
    )
    assert.deepEqual(calls, [])
  })

  it('answers rate_limited to a network beyond its limit without hashing, whatever the address is', async () => {
    for (const stored of Object.values(ADDRESSES)) {
      const { register, calls, audited } = world(stored, { registrationsPerNetwork: hourlyLimit(1) })
      await register(INPUT)
      const before = calls.length
      const refused = await register({ ...INPUT, email: 'eve@example.com' })
      assert.ok(!refused.ok && refused.refusal === 'rate_limited')
      assert.equal(refused.limit.name, 'registrations_per_network')
      assert.equal(calls.length, before)
      assert.equal(audited.at(-1)?.event, 'limit_hit')

      const caller = { ...CALLER, network: '198.51.100.0/24' }
      assert.deepEqual(await register({ ...INPUT, caller }), { ok: true })
    }
  })

  it('answers overloaded when too many hashes wait already, and stores nothing', async () => {
    const overloaded = refuse({ refusal: 'overloaded', retryAfterSeconds: 2 })
    const { register, calls } = world(FREE, { hashPassword: async () => overloaded })
    assert.deepEqual(await register(INPUT), overloaded)
    assert.deepEqual(calls, [])
  })

  it('wakes nobody when nothing could be stored', async () => {
    const { register, calls, audited } = world(FREE, {
      storeQuietly: () => Promise.reject(new Unavailable('no database')),
    })
    await assert.rejects(register(INPUT), /no database/)
    assert.deepEqual(calls, ['hash Correct-Horse-7'])
    assert.deepEqual(audited, [])
  })
})
