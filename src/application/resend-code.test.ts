import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { activeUser, CALLER, pendingUser } from '../../test/support/people.ts'
import { DEFAULT_BUDGET } from '../../test/support/settings.ts'
import { sendsPolicy } from '../domain/budget.ts'
import { refuse } from '../domain/refusals.ts'
import { type ResendCodePorts, resendCode } from './resend-code.ts'

const INPUT = {
  credentials: { email: 'ada@example.com', password: 'Correct-Horse-7' },
  caller: CALLER,
}

const world = (replaced: Partial<ResendCodePorts> = {}) => {
  const calls: (string | Parameters<ResendCodePorts['replaceCode']>[0])[] = []
  const ports: ResendCodePorts = {
    tellBudgetFirst: true,
    authenticate: async () => ({ ok: true, user: pendingUser }),
    replaceCode: async replacement => {
      calls.push(replacement)
      return { ok: true, retryAfterSeconds: 30 }
    },
    newId: () => 'mail-1',
    newCodeId: () => 'key.random',
    wakeCourier: () => calls.push('wake'),
    audit: () => {},
    ...replaced,
  }
  return { resend: resendCode(ports), calls }
}

describe('resendCode', () => {
  it('replaces the code, then wakes the courier, and answers when the next may be asked for', async () => {
    const { resend, calls } = world()
    assert.deepEqual(await resend(INPUT), { ok: true, retryAfterSeconds: 30 })
    const replacement = {
      user: pendingUser,
      codeId: 'key.random',
      mailId: 'mail-1',
      correlationId: 'correlation-1',
    }
    assert.deepEqual(calls, [replacement, 'wake'])
  })

  it('answers already_active for an active account, and sends nothing', async () => {
    const { resend, calls } = world({ authenticate: async () => ({ ok: true, user: activeUser }) })
    assert.deepEqual(await resend(INPUT), refuse({ refusal: 'already_active' }))
    assert.deepEqual(calls, [])
  })

  it('answers invalid_credentials for wrong ones, and sends nothing', async () => {
    const refused = refuse({ refusal: 'invalid_credentials' })
    const { resend, calls } = world({ authenticate: async () => refused })
    assert.deepEqual(await resend(INPUT), refused)
    assert.deepEqual(calls, [])
  })

  for (const refused of [
    refuse({ refusal: 'rate_limited', limit: sendsPolicy(DEFAULT_BUDGET), retryAfterSeconds: 12 }),
    refuse({ refusal: 'invalid_credentials' }),
  ]) {
    it(`answers ${refused.refusal} when the statement does, and leaves the courier alone`, async () => {
      const { resend, calls } = world({ replaceCode: async () => refused })
      assert.deepEqual(await resend(INPUT), refused)
      assert.deepEqual(calls, [])
    })
  }
})
