import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { claimedMail } from '../../test/support/messages.ts'
import { handOverMail, type Mail } from './hand-over-mail.ts'
import type { HandOverResult } from './outbox.ts'

const world = (options: { code?: string | undefined; answer?: HandOverResult } = { code: '0042' }) => {
  const sent: Mail[] = []
  const derived: [codeId: string, length: number][] = []
  const handOver = handOverMail({
    deriveCode: (codeId, length) => {
      derived.push([codeId, length])
      return options.code
    },
    sendMail: async mail => {
      sent.push(mail)
      return options.answer ?? { result: 'accepted' }
    },
  })
  return { handOver, sent, derived }
}

describe('handOverMail', () => {
  it('sends the code that belongs to the mail, under the id of the mail', async () => {
    const { handOver, sent, derived } = world()
    const mail = claimedMail('mail-1', {
      wanted: { email: 'ada@example.com', locale: 'fr-CA', code: { id: 'key.random', length: 6 } },
    })
    assert.deepEqual(await handOver(mail), { result: 'accepted' })
    assert.deepEqual(derived, [['key.random', 6]])
    assert.deepEqual(sent, [
      {
        id: 'mail-1',
        to: 'ada@example.com',
        locale: 'fr-CA',
        correlationId: 'correlation-1',
        content: { kind: 'activation_code', code: '0042' },
      },
    ])
  })

  it('reminds the owner of an active account without deriving any code', async () => {
    const { handOver, sent, derived } = world()
    const wanted = { email: 'ada@example.com', locale: 'en', code: undefined }
    assert.deepEqual(await handOver(claimedMail('mail-1', { wanted })), { result: 'accepted' })
    assert.deepEqual(derived, [])
    assert.deepEqual(
      sent.map(({ content }) => content),
      [{ kind: 'already_registered' }],
    )
  })

  it('sends the same again on every attempt', async () => {
    const { handOver, sent } = world()
    await handOver(claimedMail('mail-1', { attempts: 1 }))
    await handOver(claimedMail('mail-1', { attempts: 2, ageSeconds: 100 }))
    assert.equal(sent.length, 2)
    assert.deepEqual(sent[0], sent[1])
  })

  it('sends nothing that nobody waits for any more', async () => {
    const { handOver, sent } = world()
    assert.deepEqual(await handOver(claimedMail('mail-1', { wanted: undefined })), { result: 'unwanted' })
    assert.deepEqual(sent, [])
  })

  it('sends no code that is lost, and says that somebody waits for it', async () => {
    const { handOver, sent, derived } = world()
    const wanted = { email: 'ada@example.com', locale: 'en', code: 'lost' } as const
    assert.deepEqual(await handOver(claimedMail('mail-1', { wanted })), { result: 'lost' })
    assert.deepEqual([sent, derived], [[], []])
  })

  it('defers the mail when it does not have the key of its code', async () => {
    const { handOver, sent } = world({ code: undefined })
    const result = await handOver(claimedMail())
    assert.ok(result.result === 'failed' && result.failure === 'deferred')
    assert.match(result.reason, /key/)
    assert.deepEqual(sent, [])
  })

  it('returns the failure that the mail service answered with', async () => {
    const answer = {
      result: 'failed',
      failure: 'rate_limited',
      reason: 'http 429',
      retryAfterSeconds: 7,
    } as const
    const { handOver } = world({ code: '0042', answer })
    assert.deepEqual(await handOver(claimedMail()), answer)
  })
})
