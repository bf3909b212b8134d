import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noLimit } from '../../test/support/limits.ts'
import { CALLER, pendingUser } from '../../test/support/people.ts'
import { DEFAULT_BUDGET } from '../../test/support/settings.ts'
import { sendsPolicy } from '../domain/budget.ts'
import { rateLimited, refuse } from '../domain/refusals.ts'
import { createRecentAddresses } from './recent-addresses.ts'
import { createUseCases } from './use-cases.ts'

const CREDENTIALS = { email: pendingUser.email, password: 'Correct-Horse-7' }
const INPUT = { credentials: CREDENTIALS, caller: CALLER }
const SPENT = rateLimited(sendsPolicy(DEFAULT_BUDGET), 30)
const REGISTERED = { user: pendingUser, codeLength: 4, replacedUserId: undefined }

/** All use cases over one pending account whose sends budget is spent; `calls` is what was done for them. */
const world = (hideRegisteredEmails: boolean) => {
  const calls: string[] = []
  const account = { user: pendingUser, passwordHash: '$phc$' }
  const useCases = createUseCases(
    {
      registrationsPerNetwork: noLimit,
      wrongGuessesPerNetwork: noLimit,
      loginFailuresPerAddressAndNetwork: noLimit,
      loginFailuresPerNetwork: noLimit,
      recentAddresses: createRecentAddresses(),
      findObstacle: async () => undefined,
      findAccount: async () => ({ account, loginRefused: undefined, sendRefused: SPENT }),
      verifyPassword: async () => {
        calls.push('verify')
        return { ok: true, matches: true, outdated: false }
      },
      hashPassword: async () => ({ ok: true, phc: '$phc$' }),
      renewPasswordHash: async () => {},
      countLoginFailure: async () => undefined,
      storeRegistration: async () => ({ ok: true, ...REGISTERED }),
      storeQuietly: async () => ({ result: 'registered', ...REGISTERED }),
      countGuess: async () => ({ codeId: 'key.random', codeLength: 4, guess: 1 }),
      deriveCode: () => '0042',
      sameCode: (one, other) => one === other,
      consumeCode: async () => true,
      explainDeadCode: async () => refuse({ refusal: 'expired_code' }),
      replaceCode: async () => SPENT,
      readCodeStatus: async () => ({ length: 4, attemptsLeft: 3, expiresInSeconds: 9, resendInSeconds: 9 }),
      newId: () => 'id-1',
      newCodeId: () => 'key.random',
      wakeCourier: () => {},
      evenOut: async () => {},
      now: () => 0,
      audit: () => {},
    },
    { hideRegisteredEmails },
  )
  return { useCases, calls }
}

describe('createUseCases', () => {
  it('lets the owner of an account do all there is to do, each after one verification', async () => {
    const { useCases, calls } = world(false)
    assert.equal((await useCases.authenticate(CREDENTIALS, CALLER)).ok, true)
    assert.equal((await useCases.lookAtCode(CREDENTIALS, CALLER)).ok, true)
    assert.equal((await useCases.activate({ ...INPUT, code: '0042' })).ok, true)
    assert.deepEqual(calls, ['verify', 'verify', 'verify'])
    assert.equal((await useCases.register({ ...CREDENTIALS, locale: 'en', caller: CALLER })).ok, true)
  })

  it('tells that the sends of an address are spent before it verifies anything, unless that is hidden', async () => {
    for (const [hidden, verified] of [
      [false, []],
      [true, ['verify']],
    ] as const) {
      const { useCases, calls } = world(hidden)
      assert.deepEqual(await useCases.resend(INPUT), SPENT)
      assert.deepEqual(calls, verified)
    }
  })

  it('registers quietly only where it is hidden who is registered', async () => {
    assert.equal(world(false).useCases.registerQuietly, undefined)
    const { registerQuietly } = world(true).useCases
    assert.deepEqual(await registerQuietly?.({ ...CREDENTIALS, locale: 'en', caller: CALLER }), { ok: true })
  })
})
