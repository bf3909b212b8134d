import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { type Bench, startBench } from '../support/fixtures.ts'

describe('explainDeadCode', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench()
  })
  after(() => bench.close())

  const states: [string, string, string][] = [
    ['already_active', 'an active account', 'activated_at = now(), code_id = null'],
    ['exhausted_code', 'a code after three wrong guesses', 'code_guesses = 3'],
    [
      'exhausted_code',
      'a code that is exhausted and has expired',
      "code_guesses = 3, code_expires_at = now() - interval '1 hour'",
    ],
    ['expired_code', 'a code that has expired', "code_expires_at = now() - interval '1 second'"],
    ['expired_code', 'a code that was given up', 'code_id = null, code_expires_at = null'],
    [
      'exhausted_code',
      'a code that was exhausted before it was given up',
      'code_guesses = 3, code_id = null',
    ],
  ]
  for (const [refusal, state, change] of states) {
    it(`answers ${refusal} for ${state}`, async () => {
      const { userId } = await bench.register()
      await bench.rows(`update users set ${change} where id = $1`, [userId])
      assert.deepEqual(await bench.statements.explainDeadCode(userId), { ok: false, refusal })
    })
  }

  it('answers expired_code for a registration that is gone', async () => {
    assert.deepEqual(await bench.statements.explainDeadCode(randomUUID()), {
      ok: false,
      refusal: 'expired_code',
    })
  })
})
