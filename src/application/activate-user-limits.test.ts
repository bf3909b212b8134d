import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hourlyLimit, noLimit } from '../../test/support/limits.ts'
import { CALLER, pendingUser } from '../../test/support/people.ts'
import { rateLimited, refuse } from '../domain/refusals.ts'
import { type ActivateUserPorts, activateUser } from './activate-user.ts'
import type { SecurityEvent } from './audit.ts'
import type { Limit } from './limit.ts'

const WHO = { email: pendingUser.email, userId: pendingUser.id, ...CALLER }
const LIMIT_HIT = { event: 'limit_hit', limit: noLimit.policy.name, ...CALLER } as const

/** A pending user whose live code is 0042, and a limit of wrong guesses. */
const world = (wrongGuessesPerNetwork: Limit, replaced: Partial<ActivateUserPorts> = {}) => {
  const calls: string[] = []
  const audited: SecurityEvent[] = []
  let guesses = 0
  const activate = activateUser({
    wrongGuessesPerNetwork,
    authenticate: async () => {
      calls.push('authenticate')
      return { ok: true, user: pendingUser }
    },
    countGuess: async () => {
      guesses += 1
      return { codeId: 'key.random', codeLength: 4, guess: guesses }
    },
    deriveCode: () => '0042',
    sameCode: (one, other) => one === other,
    consumeCode: async () => {
      calls.push('consume')
      return true
    },
    explainDeadCode: async () => refuse({ refusal: 'exhausted_code' }),
    newId: () => 'event-1',
    wakeCourier: () => calls.push('wake'),
    audit: event => audited.push(event),
    ...replaced,
  })
  const guess = (code: string, network = CALLER.network) => {
    const credentials = { email: pendingUser.email, password: 'Correct-Horse-7' }
    return activate({ credentials, code, caller: { ...CALLER, network } })
  }
  return { guess, calls, audited }
}

describe('activateUser, with wrong guesses of a network', () => {
  it('asks for nothing once they are spent, and names no address in the audit log', async () => {
    const limit = hourlyLimit(1)
    const { guess, calls, audited } = world(limit)
    await guess('1111')
    calls.length = 0
    audited.length = 0
    assert.deepEqual(await guess('0042'), rateLimited(limit.policy, 3600))
    assert.deepEqual(calls, [])
    assert.deepEqual(audited, [{ ...LIMIT_HIT, email: undefined }])
  })

  it('charges wrong guesses only, and each network for its own', async () => {
    const limit = hourlyLimit(1)
    const { guess } = world(limit)
    assert.equal((await guess('0042')).ok, true)
    assert.equal((await guess('0042')).ok, true)
    assert.deepEqual(await guess('1111'), refuse({ refusal: 'wrong_code', attemptsLeft: 0 }))
    assert.equal((await guess('0042')).ok, false)
    assert.equal((await guess('0042', '198.51.100.0/24')).ok, true)
  })

  it('does not say that a guess was wrong when that one is over the quota', async () => {
    const limit: Limit = { ...noLimit, waitSeconds: async () => 0, charge: async () => 7 }
    const { guess, audited } = world(limit)
    assert.deepEqual(await guess('1111'), rateLimited(limit.policy, 7))
    assert.deepEqual(audited, [
      { event: 'wrong_guess', ...WHO },
      { ...LIMIT_HIT, email: pendingUser.email },
    ])
  })

  it('does not say that a guess was right when the quota was spent meanwhile', async () => {
    const waits = [0, 7]
    const limit: Limit = { ...noLimit, waitSeconds: async () => waits.shift() ?? 0 }
    const { guess, calls, audited } = world(limit)
    assert.deepEqual(await guess('0042'), rateLimited(limit.policy, 7))
    assert.deepEqual(calls, ['authenticate'])
    assert.deepEqual(audited, [{ ...LIMIT_HIT, email: pendingUser.email }])
  })
})

describe('activateUser, in the audit log', () => {
  it('is an activation, and nothing else, for the right code', async () => {
    const { guess, audited } = world(noLimit)
    await guess('0042')
    assert.deepEqual(audited, [{ event: 'activated', ...WHO }])
  })

  it('is each wrong guess, and with the third one that the code is dead', async () => {
    const { guess, audited } = world(noLimit)
    for (const code of ['1111', '2222', '3333']) await guess(code)
    const wrong = { event: 'wrong_guess', ...WHO }
    assert.deepEqual(audited, [wrong, wrong, wrong, { event: 'exhausted', ...WHO }])
  })

  it('is nothing for a code that cannot be used', async () => {
    for (const replaced of [
      { countGuess: async () => undefined },
      { deriveCode: () => undefined },
      { consumeCode: async () => false },
    ] satisfies Partial<ActivateUserPorts>[]) {
      const { guess, audited } = world(noLimit, replaced)
      await guess('0042')
      assert.deepEqual(audited, [])
    }
  })
})
