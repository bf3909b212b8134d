import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CALLER, pendingUser } from '../../test/support/people.ts'
import { DEFAULT_BUDGET } from '../../test/support/settings.ts'
import { sendsPolicy } from '../domain/budget.ts'
import { rateLimited, refuse } from '../domain/refusals.ts'
import type { SecurityEvent } from './audit.ts'
import { resendCode } from './resend-code.ts'

const INPUT = { credentials: { email: pendingUser.email, password: 'Correct-Horse-7' }, caller: CALLER }
const SPENT = rateLimited(sendsPolicy(DEFAULT_BUDGET), 12)
const GONE = refuse({ refusal: 'invalid_credentials' })

describe('resendCode', () => {
  for (const tellBudgetFirst of [true, false]) {
    it(`asks whether the sends are spent ${tellBudgetFirst ? 'before' : 'only after'} the password`, async () => {
      const asked: unknown[] = []
      const resend = resendCode({
        tellBudgetFirst,
        authenticate: async (...input) => {
          asked.push(...input)
          return GONE
        },
        replaceCode: async () => SPENT,
        newId: () => 'mail-1',
        newCodeId: () => 'key.random',
        wakeCourier: () => {},
        audit: () => {},
      })
      await resend(INPUT)
      assert.deepEqual(asked, [INPUT.credentials, CALLER, { forMail: tellBudgetFirst }])
    })
  }

  for (const [refused, lines] of [
    [SPENT, [{ event: 'limit_hit', limit: 'sends_per_address', email: pendingUser.email, ...CALLER }]],
    [GONE, []],
  ] as const) {
    it(`notes ${refused.refusal} in the audit log only when it is a limit`, async () => {
      const audited: SecurityEvent[] = []
      const resend = resendCode({
        tellBudgetFirst: true,
        authenticate: async () => ({ ok: true, user: pendingUser }),
        replaceCode: async () => refused,
        newId: () => 'mail-1',
        newCodeId: () => 'key.random',
        wakeCourier: () => {},
        audit: event => audited.push(event),
      })
      assert.equal(await resend(INPUT), refused)
      assert.deepEqual(audited, lines)
    })
  }
})
