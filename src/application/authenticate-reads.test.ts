import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noLimit } from '../../test/support/limits.ts'
import { activeUser, CALLER } from '../../test/support/people.ts'
import { authenticate } from './authenticate.ts'

/** Everything that is read and written to judge these credentials; the password is the right one if there is an account. */
const doneFor = async (email: string): Promise<string[]> => {
  const done: string[] = []
  const identify = authenticate({
    loginFailuresPerAddressAndNetwork: noLimit,
    loginFailuresPerNetwork: noLimit,
    findAccount: async address => {
      done.push(`find ${address}`)
      const account = { user: activeUser, passwordHash: '$phc$' }
      return { account, loginRefused: undefined, sendRefused: undefined }
    },
    verifyPassword: async (_password, phc) => {
      done.push(`verify ${phc}`)
      return { ok: true, matches: phc === '$phc$', outdated: false }
    },
    hashPassword: async () => {
      done.push('hash')
      return { ok: true, phc: '$new$' }
    },
    renewPasswordHash: async () => void done.push('renew'),
    countLoginFailure: async address => {
      done.push(`count ${address}`)
      return undefined
    },
    audit: () => {},
  })
  await identify({ email, password: 'Correct-Horse-7' }, CALLER)
  return done
}

describe('authenticate', () => {
  it('hashes and writes nothing for somebody whose hash is up to date', async () => {
    assert.deepEqual(await doneFor(activeUser.email), [`find ${activeUser.email}`, 'verify $phc$'])
  })

  it('looks nothing up for what is no address, and counts nothing in a ledger', async () => {
    assert.deepEqual(await doneFor('ada'), ['verify undefined'])
  })
})
