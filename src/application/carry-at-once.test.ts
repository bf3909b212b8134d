import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pendingUser } from '../../test/support/people.ts'
import { refuse, Unavailable } from '../domain/refusals.ts'
import { carryAtOnce } from './carry-at-once.ts'
import type { Expected } from './courier.ts'
import type { NewRegistration, StoreRegistration } from './register-user.ts'

const REGISTRATION: NewRegistration = {
  userId: 'user-1',
  email: 'ada@example.com',
  passwordHash: '$argon2id$',
  codeId: 'key.random',
  mailId: 'mail-1',
  eventId: 'event-1',
  locale: 'fr-CA',
  correlationId: 'correlation-1',
}

const world = (options: { place?: boolean; store?: StoreRegistration; traceParent?: string } = {}) => {
  const calls: string[] = []
  const carried: Parameters<Expected['carry']>[0][] = []
  const places: Expected = {
    carry: stored => {
      calls.push('carry')
      carried.push(stored)
    },
    forgo: () => calls.push('forgo'),
  }
  const store = carryAtOnce({
    store: (registration, leased) => {
      calls.push(leased ? 'store leased' : 'store')
      return (
        options.store?.(registration) ??
        Promise.resolve({ ok: true, user: pendingUser, codeLength: 6, replacedUserId: undefined })
      )
    },
    courier: {
      wake: () => calls.push('wake'),
      expect: () => (options.place === false ? undefined : places),
    },
    traceParent: () => options.traceParent,
    outside: work => {
      calls.push('outside')
      work()
    },
  })
  return { store, calls, carried }
}

describe('carryAtOnce', () => {
  it('gives the courier what it has stored, outside the request', async () => {
    const { store, calls, carried } = world()
    assert.ok((await store(REGISTRATION)).ok)
    assert.deepEqual(calls, ['store leased', 'outside', 'carry', 'forgo'])
    const common = { userId: pendingUser.id, correlationId: 'correlation-1' }
    const { email, createdAt: time } = pendingUser
    assert.deepEqual(carried, [
      {
        mail: {
          ...common,
          topic: 'mail',
          id: 'mail-1',
          attempts: 1,
          ageSeconds: 0,
          wanted: { email, locale: 'fr-CA', code: { id: 'key.random', length: 6 } },
        },
        event: {
          ...common,
          topic: 'event',
          id: 'event-1',
          attempts: 1,
          ageSeconds: 0,
          event: {
            ...common,
            id: 'event-1',
            type: 'user.registered',
            time,
            data: { id: pendingUser.id, email },
          },
        },
      },
    ])
  })

  it('hands the trace of the request on with them', async () => {
    const { store, carried } = world({ traceParent: '00-trace' })
    await store(REGISTRATION)
    assert.equal(carried[0]?.mail.traceParent, '00-trace')
    assert.equal(carried[0]?.event.traceParent, '00-trace')
    assert.equal(carried[0]?.event.event.traceParent, '00-trace')
  })

  it('stores without a lease, and wakes the courier, when that has no place', async () => {
    const { store, calls } = world({ place: false })
    await store(REGISTRATION)
    assert.deepEqual(calls, ['store', 'wake'])
  })

  it('gives the place back when nothing is stored', async () => {
    const refused = refuse({ refusal: 'email_taken' })
    const { store, calls } = world({ store: async () => refused })
    assert.deepEqual(await store(REGISTRATION), refused)
    assert.deepEqual(calls, ['store leased', 'forgo'])
  })

  it('gives the place back when nobody knows whether it was stored', async () => {
    const { store, calls } = world({ store: () => Promise.reject(new Unavailable('away')) })
    await assert.rejects(store(REGISTRATION), Unavailable)
    assert.deepEqual(calls, ['store leased', 'forgo'])
  })
})
