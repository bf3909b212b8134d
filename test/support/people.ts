import type { Caller } from '../../src/application/caller.ts'
import type { User } from '../../src/domain/user.ts'

/** Someone who still has to type in a code. */
export const pendingUser: User = {
  id: '01985d3c-7b0a-7c3e-9d2f-1f0f5a3b2c4d',
  email: 'ada@example.com',
  createdAt: new Date('2026-01-31T12:00:00Z'),
  activatedAt: null,
}

/** Someone who asks, from the documentation's network (RFC 5737). */
export const CALLER: Caller = { network: '192.0.2.0/24', correlationId: 'correlation-1' }

export const activeUser: User = { ...pendingUser, activatedAt: new Date('2026-01-31T12:00:42Z') }
