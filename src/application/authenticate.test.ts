import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { activeUser, pendingUser } from '../../test/support/people.ts'
import { refuse } from '../domain/refusals.ts'
import { authenticate } from './authenticate.ts'

const PASSWORD = 'Correct-Horse-7'

/** Knows one account, whose password is `PASSWORD`, and counts what is verified. */
const world = (user = pendingUser) => {
  const verified: [password: string, phc: string | undefined][] = []
  return {
    verified,
    identify: authenticate({
      findAccount: async email => (email === user.email ? { user, passwordHash: '$phc$' } : undefined),
      verifyPassword: async (password, phc) => {
        verified.push([password, phc])
        return { ok: true, matches: phc === '$phc$' && password === PASSWORD }
      },
    }),
  }
}

const INVALID = refuse({ refusal: 'invalid_credentials' })

describe('authenticate', () => {
  for (const user of [pendingUser, activeUser]) {
    it(`knows ${user.activatedAt ? 'an active' : 'a pending'} user by address and password`, async () => {
      const { identify } = world(user)
      assert.deepEqual(await identify({ email: user.email, password: PASSWORD }), { ok: true, user })
    })
  }

  it('knows a user by any way to write the address', async () => {
    const { identify } = world()
    const outcome = await identify({ email: 'ADA@Example.com', password: PASSWORD })
    assert.deepEqual(outcome, { ok: true, user: pendingUser })
  })

  const strangers: [who: string, email: string, password: string, phc: string | undefined][] = [
    ['a wrong password', 'ada@example.com', 'Wrong-Horse-7', '$phc$'],
    ['an empty password', 'ada@example.com', '', '$phc$'],
    ['an unknown address', 'eve@example.com', PASSWORD, undefined],
    ['something that is no address', 'ada', PASSWORD, undefined],
    ['an empty address', '', PASSWORD, undefined],
  ]
  for (const [who, email, password, phc] of strangers) {
    it(`answers ${who} like all the others, after one verification`, async () => {
      const { identify, verified } = world()
      assert.deepEqual(await identify({ email, password }), INVALID)
      assert.deepEqual(verified, [[password, phc]])
    })
  }

  it('lets nobody in whose account is unknown, whatever the verification says', async () => {
    const identify = authenticate({
      findAccount: async () => undefined,
      verifyPassword: async () => ({ ok: true, matches: true }),
    })
    assert.deepEqual(await identify({ email: 'ada@example.com', password: PASSWORD }), INVALID)
  })

  it('is overloaded for known and unknown addresses alike', async () => {
    const overloaded = refuse({ refusal: 'overloaded', retryAfterSeconds: 1 })
    for (const account of [undefined, { user: pendingUser, passwordHash: '$phc$' }]) {
      const identify = authenticate({
        findAccount: async () => account,
        verifyPassword: async () => overloaded,
      })
      assert.deepEqual(await identify({ email: 'ada@example.com', password: PASSWORD }), overloaded)
    }
  })
})
