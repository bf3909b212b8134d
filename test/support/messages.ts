import type { ClaimedEvent, ClaimedMail, HandOverResult } from '../../src/application/outbox.ts'
import type { DomainEvent } from '../../src/domain/events.ts'
import type { FailureClass } from '../../src/domain/failure.ts'
import type { OutgoingMail } from '../../src/infrastructure/mail/transport.ts'

export const domainEvent = (id = 'event-1'): DomainEvent => ({
  id,
  type: 'user.registered',
  userId: 'user-1',
  time: new Date('2026-01-31T12:00:00Z'),
  correlationId: 'correlation-1',
  data: { id: 'user-1', email: 'ada@example.com' },
})

/** A mail as the courier gets it from the outbox, on its first attempt. */
export const claimedMail = (id = 'mail-1', changes: Partial<ClaimedMail> = {}): ClaimedMail => ({
  topic: 'mail',
  id,
  userId: 'user-1',
  attempts: 1,
  ageSeconds: 0,
  correlationId: 'correlation-1',
  wanted: { email: 'ada@example.com', locale: 'en', code: { id: 'key.random', length: 4 } },
  ...changes,
})

export const claimedEvent = (id = 'event-1', changes: Partial<ClaimedEvent> = {}): ClaimedEvent => ({
  topic: 'event',
  id,
  userId: 'user-1',
  attempts: 1,
  ageSeconds: 0,
  correlationId: 'correlation-1',
  event: domainEvent(id),
  ...changes,
})

/** What comes of a hand-over that fails. */
export const failed = (
  failure: FailureClass = 'unavailable',
  retryAfterSeconds?: number,
): HandOverResult => ({ result: 'failed', failure, reason: 'http 503', retryAfterSeconds })

/** A mail as a transport gets it. */
export const outgoingMail = (changes: Partial<OutgoingMail> = {}): OutgoingMail => ({
  id: '01985d3c-7b0a-7c3e-9d2f-1f0f5a3b2c4d',
  to: 'ada@example.com',
  from: 'Vestibule <no-reply@vestibule.example>',
  subject: 'Your activation code',
  text: 'Your activation code is\n\n    0042\n',
  html: '<p>Your activation code is <b>0042</b></p>',
  correlationId: 'correlation-1',
  ...changes,
})
