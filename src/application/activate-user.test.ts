import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noLimit } from '../../test/support/limits.ts'
import { activeUser, CALLER, pendingUser } from '../../test/support/people.ts'
import { GUESSES_PER_CODE } from '../domain/activation-code.ts'
import { refuse } from '../domain/refusals.ts'
import { type ActivateUserPorts, activateUser } from './activate-user.ts'
import type { SecurityEvent } from './audit.ts'

const INPUT = {
  credentials: { email: 'ada@example.com', password: 'Correct-Horse-7' },
  code: '0042',
  caller: CALLER,
}

/** A pending user whose live code is 0042, and what the ports were asked, in order. */
const world = (replaced: Partial<ActivateUserPorts> = {}) => {
  const calls: string[] = []
  const audited: SecurityEvent[] = []
  const consumed: Parameters<ActivateUserPorts['consumeCode']>[0][] = []
  let guesses = 0
  const ports: ActivateUserPorts = {
    wrongGuessesPerNetwork: noLimit,
    authenticate: async () => ({ ok: true, user: pendingUser }),
    countGuess: async () => {
      calls.push('count')
      if (guesses === GUESSES_PER_CODE) return undefined
      guesses += 1
      return { codeId: 'key.random', codeLength: 4, guess: guesses }
    },
    deriveCode: (codeId, length) => {
      calls.push(`derive ${codeId} ${length}`)
      return '0042'
    },
    sameCode: (one, other) => {
      calls.push(`compare ${one} ${other}`)
      return one === other
    },
    consumeCode: async activation => {
      calls.push('consume')
      consumed.push(activation)
      return true
    },
    explainDeadCode: async userId => {
      calls.push(`explain ${userId}`)
      return refuse({ refusal: 'exhausted_code' })
    },
    newId: () => 'event-1',
    wakeCourier: () => calls.push('wake'),
    audit: event => audited.push(event),
    ...replaced,
  }
  const activate = activateUser(ports)
  return { activate, guess: (code: string) => activate({ ...INPUT, code }), calls, consumed, audited }
}

describe('activateUser', () => {
  it('activates with the right code', async () => {
    const { activate, consumed } = world()
    assert.deepEqual(await activate(INPUT), { ok: true, user: pendingUser })
    assert.deepEqual(consumed, [
      { user: pendingUser, codeId: 'key.random', eventId: 'event-1', correlationId: 'correlation-1' },
    ])
  })

  it('counts the guess before it compares, and wakes the courier last', async () => {
    const { activate, calls } = world()
    await activate(INPUT)
    assert.deepEqual(calls, ['count', 'derive key.random 4', 'compare 0042 0042', 'consume', 'wake'])
  })

  it('answers wrong_code with 2, 1 and 0 attempts left', async () => {
    const { guess, calls } = world()
    for (const attemptsLeft of [2, 1, 0]) {
      assert.deepEqual(await guess('9999'), refuse({ refusal: 'wrong_code', attemptsLeft }))
    }
    assert.ok(!calls.includes('consume') && !calls.includes('wake'))
  })

  it('activates with the third guess if it is right', async () => {
    const { guess } = world()
    await guess('1111')
    await guess('2222')
    assert.deepEqual(await guess('0042'), { ok: true, user: pendingUser })
  })

  it('answers exhausted_code to the right code after three wrong ones', async () => {
    const { guess, consumed } = world()
    for (const code of ['1111', '2222', '3333']) await guess(code)
    assert.deepEqual(await guess('0042'), refuse({ refusal: 'exhausted_code' }))
    assert.deepEqual(consumed, [])
  })

  it('answers wrong_code to a code of another length, which is a guess', async () => {
    const { guess } = world()
    assert.deepEqual(await guess('000042'), refuse({ refusal: 'wrong_code', attemptsLeft: 2 }))
  })

  for (const refused of [
    refuse({ refusal: 'invalid_credentials' }),
    refuse({ refusal: 'overloaded', retryAfterSeconds: 1 }),
  ]) {
    it(`counts no guess when the credentials get ${refused.refusal}`, async () => {
      const { activate, calls } = world({ authenticate: async () => refused })
      assert.deepEqual(await activate(INPUT), refused)
      assert.deepEqual(calls, [])
    })
  }

  it('answers already_active for an active account, and counts no guess', async () => {
    const { activate, calls } = world({ authenticate: async () => ({ ok: true, user: activeUser }) })
    assert.deepEqual(await activate(INPUT), refuse({ refusal: 'already_active' }))
    assert.deepEqual(calls, [])
  })

  it('says why when there is no code to guess at', async () => {
    const expired = refuse({ refusal: 'expired_code' })
    const { activate, calls } = world({
      countGuess: async () => undefined,
      explainDeadCode: async () => expired,
    })
    assert.deepEqual(await activate(INPUT), expired)
    assert.deepEqual(calls, [])
  })

  it('says why when another request was faster with the same code', async () => {
    const { activate, calls } = world({
      consumeCode: async () => false,
      explainDeadCode: async userId =>
        refuse({ refusal: userId === pendingUser.id ? 'already_active' : 'expired_code' }),
    })
    assert.deepEqual(await activate(INPUT), refuse({ refusal: 'already_active' }))
    assert.ok(!calls.includes('wake'))
  })

  it('answers expired_code when the key of the code is gone, and takes nothing in its place', async () => {
    const { activate, calls } = world({ deriveCode: () => undefined })
    assert.deepEqual(await activate(INPUT), refuse({ refusal: 'expired_code' }))
    assert.deepEqual(calls, ['count'])
  })

  it('compares nothing when the guess cannot be counted', async () => {
    const { activate, calls } = world({ countGuess: () => Promise.reject(new Error('no database')) })
    await assert.rejects(activate(INPUT), /no database/)
    assert.deepEqual(calls, [])
  })
})
