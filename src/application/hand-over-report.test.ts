import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { claimedEvent, claimedMail } from '../../test/support/messages.ts'
import type { SecurityEvent } from './audit.ts'
import { type CountHandOver, reportHandOver } from './hand-over-report.ts'
import type { HandOverResult, Message, Settlement } from './outbox.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const TRACE_PARENT = `00-${TRACE}-00f067aa0ba902b7-01`
const CLAIM = { userId: 'user-1', id: 'mail-1', attempts: 1 }
const ACCEPTED: Settlement = { ...CLAIM, result: 'accepted', secondsAgo: 0 }
const FAILED: HandOverResult = { result: 'failed', failure: 'deferred', reason: 'smtp 451' }

/** What is told of one hand-over. */
const report = (message: Message, result: HandOverResult, settled: Settlement) => {
  const audited: SecurityEvent[] = []
  const counted: Parameters<CountHandOver>[0][] = []
  const lines: [level: string, fields: object, text: string][] = []
  const log = (level: string) => (fields: object, text: string) => void lines.push([level, fields, text])
  reportHandOver({
    audit: event => audited.push(event),
    count: handOver => counted.push(handOver),
    log: { info: log('info'), warn: log('warn'), error: log('error') },
  })(message, result, settled)
  return { audited, counted, lines }
}

describe('reportHandOver', () => {
  const fields = { topic: 'mail', message_id: 'mail-1', correlation_id: 'correlation-1', attempt: 1 }
  const lines: [result: HandOverResult, settled: Settlement, level: string, more: object, text: string][] = [
    [{ result: 'accepted' }, ACCEPTED, 'info', {}, 'mail handed over'],
    [
      { result: 'accepted', acceptedAs: 'abc@mx' },
      ACCEPTED,
      'info',
      { accepted_as: 'abc@mx' },
      'mail handed over',
    ],
    [
      { result: 'unwanted' },
      { ...CLAIM, result: 'unwanted' },
      'info',
      {},
      'mail dropped: nobody waits for it',
    ],
    [
      FAILED,
      { ...CLAIM, result: 'retry', inSeconds: 1.26, reason: 'smtp 451' },
      'warn',
      { failure: 'deferred', reason: 'smtp 451', next_in_seconds: 1.3 },
      'mail not handed over; trying again',
    ],
    [
      FAILED,
      { ...CLAIM, result: 'given_up', eventId: 'event-7', reason: 'deferred' },
      'error',
      { failure: 'deferred', reason: 'smtp 451' },
      'mail given up',
    ],
    [
      { result: 'lost' },
      { ...CLAIM, result: 'given_up', eventId: 'event-7', reason: 'lost' },
      'error',
      { reason: 'its code is lost' },
      'mail given up',
    ],
  ]
  for (const [result, settled, level, more, text] of lines) {
    it(`logs ${result.result} that is settled as ${settled.result}: ${text} ${JSON.stringify(more)}`, () => {
      const { lines, counted } = report(claimedMail(), result, settled)
      assert.deepEqual(lines, [[level, { ...fields, ...more }, text]])
      const failure = result.result === 'failed' ? result.failure : undefined
      assert.deepEqual(counted, [{ topic: 'mail', result: settled.result, failure }])
    })
  }

  it('names the trace of a message that has one', () => {
    const { lines } = report(claimedMail('mail-1', { traceParent: TRACE_PARENT }), FAILED, ACCEPTED)
    assert.deepEqual(lines[0]?.[1], { ...fields, trace_id: TRACE, failure: 'deferred', reason: 'smtp 451' })
  })

  const code = { id: 'key.random', length: 4 }
  for (const [kind, event, wanted] of [
    ['a code', 'code_sent', { email: 'ada@example.com', locale: 'en', code }],
    ['a reminder', 'reminder_sent', { email: 'ada@example.com', locale: 'en', code: undefined }],
  ] as const) {
    it(`writes into the audit log that ${kind} was sent`, () => {
      const mail = claimedMail('mail-1', { wanted, traceParent: TRACE_PARENT })
      assert.deepEqual(report(mail, { result: 'accepted' }, ACCEPTED).audited, [
        {
          event,
          userId: 'user-1',
          email: 'ada@example.com',
          correlationId: 'correlation-1',
          traceParent: TRACE_PARENT,
        },
      ])
    })
  }

  it('writes nothing into the audit log for an event, or for a mail that was not sent', () => {
    assert.deepEqual(report(claimedEvent(), { result: 'accepted' }, ACCEPTED).audited, [])
    for (const settled of [
      { ...CLAIM, result: 'unwanted' },
      { ...CLAIM, result: 'retry', inSeconds: 1, reason: '' },
      { ...CLAIM, result: 'given_up', eventId: 'event-7', reason: 'refused' },
    ] as const) {
      assert.deepEqual(report(claimedMail(), FAILED, settled).audited, [])
    }
  })
})
