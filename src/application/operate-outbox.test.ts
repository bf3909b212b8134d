import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SecurityEvent } from './audit.ts'
import { type ClaimMessage, operateOutbox } from './operate-outbox.ts'
import type { Settlement } from './outbox.ts'

const CLAIM = { userId: 'user-1', id: 'message-1', attempts: 4 }

/** An outbox with one message, and what was done to it. */
const world = (options: { claimed?: Awaited<ReturnType<ClaimMessage>>; retried?: number } = {}) => {
  const asked: unknown[] = []
  const settled: Settlement[][] = []
  const audited: SecurityEvent[] = []
  const outbox = operateOutbox({
    listMessages: async which => {
      asked.push(which)
      return []
    },
    measureOutbox: async () => [{ topic: 'mail', messages: 3, oldestSeconds: 7 }],
    retryMessages: async id => {
      asked.push(id)
      return options.retried ?? 0
    },
    claimMessage: async id => {
      asked.push(id)
      return options.claimed ?? 'unknown'
    },
    settleMessages: async settlements => void settled.push(settlements),
    newId: () => 'event-7',
    audit: event => audited.push(event),
  })
  return { outbox, asked, settled, audited }
}

describe('operateOutbox', () => {
  it('lists and measures what waits', async () => {
    const { outbox, asked } = world()
    assert.deepEqual(await outbox.list({ topic: 'mail', limit: 5 }), [])
    assert.deepEqual(asked, [{ topic: 'mail', limit: 5 }])
    assert.deepEqual(await outbox.measure(), [{ topic: 'mail', messages: 3, oldestSeconds: 7 }])
  })

  for (const [what, id, event] of [
    ['one message', 'message-1', { event: 'retried', messageId: 'message-1', by: 'operator' }],
    ['all messages', undefined, { event: 'retried', by: 'operator' }],
  ] as const) {
    it(`makes ${what} due, says how many, and writes that into the audit log`, async () => {
      const { outbox, asked, audited } = world({ retried: 1 })
      assert.equal(await outbox.retry(id), 1)
      assert.deepEqual(asked, [id])
      assert.deepEqual(audited, [event])
    })
  }

  it('writes nothing into the audit log when it made nothing due', async () => {
    const { outbox, audited } = world({ retried: 0 })
    assert.equal(await outbox.retry('message-1'), 0)
    assert.deepEqual(audited, [])
  })

  it('drops a mail by giving it up, which frees its address and says so', async () => {
    const { outbox, asked, settled, audited } = world({ claimed: { topic: 'mail', ...CLAIM } })
    assert.equal(await outbox.drop('message-1'), 'dropped')
    assert.deepEqual(asked, ['message-1'])
    assert.deepEqual(settled, [[{ ...CLAIM, result: 'given_up', eventId: 'event-7', reason: 'dropped' }]])
    assert.deepEqual(audited, [
      { event: 'dropped', messageId: 'message-1', userId: 'user-1', by: 'operator' },
    ])
  })

  it('drops an event without a trace in the outbox, but with one in the audit log', async () => {
    const { outbox, settled, audited } = world({ claimed: { topic: 'event', ...CLAIM } })
    assert.equal(await outbox.drop('message-1'), 'dropped')
    assert.deepEqual(settled, [[{ ...CLAIM, result: 'unwanted' }]])
    assert.equal(audited[0]?.event, 'dropped')
  })

  for (const claimed of ['busy', 'unknown'] as const) {
    it(`drops nothing that is ${claimed}`, async () => {
      const { outbox, settled, audited } = world({ claimed })
      assert.equal(await outbox.drop('message-1'), claimed)
      assert.deepEqual([settled, audited], [[], []])
    })
  }
})
