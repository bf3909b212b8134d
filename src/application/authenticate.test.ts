import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { activeUser, pendingUser } from '../../test/support/people.ts'
import { refuse } from '../domain/refusals.ts'
import { authenticate } from './authenticate.ts'

const PASSWORD = 'Correct-Horse-7'

/** Knows one account, whose password is `PASSWORD`, and counts what is verified. */
const world = (user = pendingUser, options: { outdated?: boolean; busy?: boolean } = {}) => {
  const verified: [password: string, phc: string | undefined][] = []
  const renewed: object[] = []
  return {
    verified,
    renewed,
    identify: authenticate({
      findAccount: async email => (email === user.email ? { user, passwordHash: '$phc$' } : undefined),
      verifyPassword: async (password, phc) => {
        verified.push([password, phc])
        const matches = phc === '$phc$' && password === PASSWORD
        return { ok: true, matches, outdated: options.outdated === true }
      },
      hashPassword: async password => (options.busy ? OVERLOADED : { ok: true, phc: `$new$${password}` }),
      renewPasswordHash: async change => void renewed.push(change),
    }),
  }
}

const OVERLOADED = refuse({ refusal: 'overloaded', retryAfterSeconds: 1 })
const INVALID = refuse({ refusal: 'invalid_credentials' })

const NOTHING_TO_RENEW = {
  hashPassword: () => assert.fail('there is nothing to hash'),
  renewPasswordHash: () => assert.fail('there is nothing to renew'),
}

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
      ...NOTHING_TO_RENEW,
      findAccount: async () => undefined,
      verifyPassword: async () => ({ ok: true, matches: true, outdated: false }),
    })
    assert.deepEqual(await identify({ email: 'ada@example.com', password: PASSWORD }), INVALID)
  })

  it('is overloaded for known and unknown addresses alike', async () => {
    for (const account of [undefined, { user: pendingUser, passwordHash: '$phc$' }]) {
      const identify = authenticate({
        ...NOTHING_TO_RENEW,
        findAccount: async () => account,
        verifyPassword: async () => OVERLOADED,
      })
      assert.deepEqual(await identify({ email: 'ada@example.com', password: PASSWORD }), OVERLOADED)
    }
  })

  it('renews a hash that was made with other parameters', async () => {
    const { identify, renewed } = world(activeUser, { outdated: true })
    const credentials = { email: activeUser.email, password: PASSWORD }
    assert.deepEqual(await identify(credentials), { ok: true, user: activeUser })
    assert.deepEqual(renewed, [{ userId: activeUser.id, from: '$phc$', to: `$new$${PASSWORD}` }])
  })

  it('renews nothing for a wrong password', async () => {
    const { identify, renewed } = world(activeUser, { outdated: true })
    assert.deepEqual(await identify({ email: activeUser.email, password: 'Wrong-Horse-7' }), INVALID)
    assert.deepEqual(renewed, [])
  })

  it('lets people in with an outdated hash while there is no time to renew it', async () => {
    const { identify, renewed } = world(activeUser, { outdated: true, busy: true })
    const credentials = { email: activeUser.email, password: PASSWORD }
    assert.deepEqual(await identify(credentials), { ok: true, user: activeUser })
    assert.deepEqual(renewed, [])
  })
})
