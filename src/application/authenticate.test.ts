import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hourlyLimit, noLimit } from '../../test/support/limits.ts'
import { activeUser, CALLER, pendingUser } from '../../test/support/people.ts'
import { rateLimited, refuse } from '../domain/refusals.ts'
import type { SecurityEvent } from './audit.ts'
import { type AuthenticatePorts, authenticate } from './authenticate.ts'

const PASSWORD = 'Correct-Horse-7'

/** Knows one account, whose password is `PASSWORD`, and writes down what is asked of it. */
const world = (
  user = pendingUser,
  options: { outdated?: boolean; busy?: boolean; replaced?: Partial<AuthenticatePorts> } = {},
) => {
  const verified: [password: string, phc: string | undefined][] = []
  const renewed: object[] = []
  const counted: string[] = []
  const audited: SecurityEvent[] = []
  const identify = authenticate({
    loginFailuresPerAddressAndNetwork: noLimit,
    loginFailuresPerNetwork: noLimit,
    findAccount: async email => ({
      account: email === user.email ? { user, passwordHash: '$phc$' } : undefined,
      ...NOT_LIMITED,
    }),
    verifyPassword: async (password, phc) => {
      verified.push([password, phc])
      const matches = phc === '$phc$' && password === PASSWORD
      return { ok: true, matches, outdated: options.outdated === true }
    },
    hashPassword: async password => (options.busy ? OVERLOADED : { ok: true, phc: `$new$${password}` }),
    renewPasswordHash: async change => void renewed.push(change),
    countLoginFailure: async email => void counted.push(email),
    audit: event => audited.push(event),
    ...options.replaced,
  })
  const as = (email: string, password = PASSWORD, more?: { forMail: boolean }) =>
    identify({ email, password }, CALLER, more)
  return { as, verified, renewed, counted, audited }
}

const NOT_LIMITED = { loginRefused: undefined, sendRefused: undefined }
const OVERLOADED = refuse({ refusal: 'overloaded', retryAfterSeconds: 1 })
const INVALID = refuse({ refusal: 'invalid_credentials' })

const LIMITED = rateLimited({ name: 'login_failures_per_address', quota: 1, windowSeconds: 60 }, 7)
const KNOWN_AND_UNKNOWN = [pendingUser.email, 'eve@example.com']

describe('authenticate', () => {
  for (const [who, user] of [
    ['a pending', pendingUser],
    ['an active', activeUser],
  ] as const) {
    it(`knows ${who} user by address and password`, async () => {
      const { as } = world(user)
      assert.deepEqual(await as(user.email), { ok: true, user })
    })
  }

  it('knows a user by any way to write the address', async () => {
    const { as } = world()
    assert.deepEqual(await as('ADA@Example.com'), { ok: true, user: pendingUser })
  })

  const strangers: [who: string, email: string, password: string, phc: string | undefined][] = [
    ['a wrong password', 'ada@example.com', 'Wrong-Horse-7', '$phc$'],
    ['an empty password', 'ada@example.com', '', '$phc$'],
    ['an unknown address', 'eve@example.com', PASSWORD, undefined],
    ['something that is no address', 'ada', PASSWORD, undefined],
    ['an empty address', '', PASSWORD, undefined],
  ]
  for (const [who, email, password, phc] of strangers) {
    it(`answers invalid_credentials to ${who}, after one verification`, async () => {
      const { as, verified } = world()
      assert.deepEqual(await as(email, password), INVALID)
      assert.deepEqual(verified, [[password, phc]])
    })
  }

  it('answers invalid_credentials for an unknown address, whatever the verification says', async () => {
    const verifyPassword = async () => ({ ok: true, matches: true, outdated: false }) as const
    const { as } = world(pendingUser, { replaced: { verifyPassword } })
    assert.deepEqual(await as('eve@example.com'), INVALID)
  })

  it('answers overloaded for known and unknown addresses alike, and counts no failed login', async () => {
    for (const email of KNOWN_AND_UNKNOWN) {
      const { as, counted } = world(pendingUser, { replaced: { verifyPassword: async () => OVERLOADED } })
      assert.deepEqual(await as(email), OVERLOADED)
      assert.deepEqual(counted, [])
    }
  })

  it('renews a hash that was made with other parameters', async () => {
    const { as, renewed } = world(activeUser, { outdated: true })
    assert.deepEqual(await as(activeUser.email), { ok: true, user: activeUser })
    assert.deepEqual(renewed, [{ userId: activeUser.id, from: '$phc$', to: `$new$${PASSWORD}` }])
  })

  it('renews nothing for a wrong password', async () => {
    const { as, renewed } = world(activeUser, { outdated: true })
    assert.deepEqual(await as(activeUser.email, 'Wrong-Horse-7'), INVALID)
    assert.deepEqual(renewed, [])
  })

  it('lets people in with an outdated hash while there is no time to renew it', async () => {
    const { as, renewed } = world(activeUser, { outdated: true, busy: true })
    assert.deepEqual(await as(activeUser.email), { ok: true, user: activeUser })
    assert.deepEqual(renewed, [])
  })

  describe('failed logins', () => {
    it('are counted in the ledger and in the audit log, the same for known and unknown addresses', async () => {
      for (const email of KNOWN_AND_UNKNOWN) {
        const { as, counted, audited } = world()
        await as(email, 'Wrong-Horse-7')
        assert.deepEqual(counted, [email])
        assert.deepEqual(audited, [{ event: 'credentials_refused', email, ...CALLER }])
      }
    })

    it('do not include a right password', async () => {
      const { as, counted, audited } = world()
      await as(pendingUser.email)
      assert.deepEqual([...counted, ...audited], [])
    })

    it('at one address from one network are refused beyond their limit, without a verification', async () => {
      for (const email of KNOWN_AND_UNKNOWN) {
        const { as, verified, audited } = world(pendingUser, {
          replaced: { loginFailuresPerAddressAndNetwork: hourlyLimit(2) },
        })
        assert.deepEqual(await as(email, 'Wrong-1'), INVALID)
        assert.deepEqual(await as(email.toUpperCase(), 'Wrong-2'), INVALID)
        const refused = await as(email)
        assert.ok(!refused.ok && refused.refusal === 'rate_limited')
        assert.equal(refused.retryAfterSeconds, 3600)
        assert.equal(verified.length, 2)
        assert.equal(audited.at(-1)?.event, 'limit_hit')
        assert.deepEqual(await as('someone-else@example.com', 'Wrong-3'), INVALID)
      }
    })

    it('that come all at once learn no more than those one after the other', async () => {
      const { as } = world(pendingUser, { replaced: { loginFailuresPerAddressAndNetwork: hourlyLimit(3) } })
      const passwords = ['Wrong-1', 'Wrong-2', 'Wrong-3', 'Wrong-4', PASSWORD, 'Wrong-5']
      const outcomes = await Promise.all(passwords.map(password => as(pendingUser.email, password)))
      assert.deepEqual(
        outcomes.map(outcome => (outcome.ok ? 'in' : outcome.refusal)),
        [...Array(3).fill('invalid_credentials'), ...Array(3).fill('rate_limited')],
      )
    })

    it('of one network are counted over all addresses', async () => {
      const { as, verified } = world(pendingUser, { replaced: { loginFailuresPerNetwork: hourlyLimit(3) } })
      for (const email of ['eve@example.com', 'no address', pendingUser.email]) {
        assert.deepEqual(await as(email, 'Wrong-1'), INVALID)
      }
      const refused = await as(pendingUser.email)
      assert.ok(!refused.ok && refused.refusal === 'rate_limited')
      assert.equal(verified.length, 3)
    })

    it('are refused without a verification while those of a day are spent', async () => {
      for (const account of [undefined, { user: pendingUser, passwordHash: '$phc$' }]) {
        const findAccount = async () => ({ ...NOT_LIMITED, account, loginRefused: LIMITED })
        const { as, verified } = world(pendingUser, { replaced: { findAccount } })
        assert.deepEqual(await as(pendingUser.email), LIMITED)
        assert.deepEqual(verified, [])
      }
    })

    it('are answered rate_limited when the ledger counts more than a day allows', async () => {
      const { as } = world(pendingUser, { replaced: { countLoginFailure: async () => LIMITED } })
      assert.deepEqual(await as(pendingUser.email, 'Wrong-Horse-7'), LIMITED)
    })
  })

  describe('for mail', () => {
    const asked = (user: typeof pendingUser | undefined) => {
      const account = user && { user, passwordHash: '$phc$' }
      const findAccount = async () => ({ ...NOT_LIMITED, account, sendRefused: LIMITED })
      return world(user, { replaced: { findAccount } })
    }

    it('answers rate_limited to a pending account whose sends are spent, without a verification', async () => {
      const { as, verified } = asked(pendingUser)
      assert.deepEqual(await as(pendingUser.email, PASSWORD, { forMail: true }), LIMITED)
      assert.deepEqual(verified, [])
    })

    it('passes over spent sends when no mail is asked for, the account is active, or there is none', async () => {
      assert.equal((await asked(pendingUser).as(pendingUser.email, PASSWORD, { forMail: false })).ok, true)
      assert.equal((await asked(activeUser).as(activeUser.email, PASSWORD, { forMail: true })).ok, true)
      assert.deepEqual(await asked(undefined).as('ada@example.com', PASSWORD, { forMail: true }), INVALID)
    })
  })
})
