import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pendingUser } from '../../test/support/people.ts'
import type { SecurityEvent } from './audit.ts'
import { operateUsers, type UserDetails } from './operate-users.ts'

const USER: UserDetails = {
  ...pendingUser,
  locale: 'en',
  code: 'live',
  wrongGuesses: 1,
  loginFailures: 2,
  waiting: 0,
}
const NAME = { email: USER.email }
const CHANGE = { user: USER, eventId: 'id-1', correlationId: 'id-2' }

/** An operator before one user, whose statements end as the test says, and what was done. */
const world = (options: { user?: 'unknown'; active?: true; deletion?: 'busy' | 'unknown' } = {}) => {
  const asked: unknown[] = []
  const changes: unknown[] = []
  const audited: SecurityEvent[] = []
  let ids = 0
  const users = operateUsers({
    listUsers: async which => {
      asked.push(which)
      return [USER]
    },
    findUser: async name => {
      asked.push(name)
      return options.user === 'unknown' ? undefined : USER
    },
    activateUnasked: async change => {
      changes.push(change)
      return !options.active
    },
    deleteUser: async change => {
      changes.push(change)
      return options.deletion ?? 'deleted'
    },
    newId: () => {
      ids += 1
      return `id-${ids}`
    },
    audit: event => audited.push(event),
  })
  return { users, asked, changes, audited }
}

const audited = (event: SecurityEvent['event']): SecurityEvent => ({
  event,
  email: USER.email,
  userId: USER.id,
  correlationId: 'id-2',
  by: 'operator',
})

describe('operateUsers', () => {
  it('lists users, and finds one', async () => {
    const { users, asked } = world()
    assert.deepEqual(await users.list({ state: 'pending', limit: 5 }), [USER])
    assert.equal(await users.find({ id: USER.id }), USER)
    assert.deepEqual(asked, [{ state: 'pending', limit: 5 }, { id: USER.id }])
  })

  it('activates a pending user, in the name of the operator', async () => {
    const { users, asked, changes, audited: lines } = world()
    assert.equal(await users.activate(NAME), 'activated')
    assert.deepEqual(asked, [NAME])
    assert.deepEqual(changes, [CHANGE])
    assert.deepEqual(lines, [audited('activated')])
  })

  it('says that a user is active already, and writes nothing into the audit log', async () => {
    const { users, audited: lines } = world({ active: true })
    assert.equal(await users.activate(NAME), 'already_active')
    assert.deepEqual(lines, [])
  })

  it('deletes a user, in the name of the operator', async () => {
    const { users, asked, changes, audited: lines } = world()
    assert.equal(await users.delete(NAME), 'deleted')
    assert.deepEqual(asked, [NAME])
    assert.deepEqual(changes, [CHANGE])
    assert.deepEqual(lines, [audited('deleted')])
  })

  for (const deletion of ['busy', 'unknown'] as const) {
    it(`passes on that a user is ${deletion}, and writes nothing into the audit log`, async () => {
      const { users, audited: lines } = world({ deletion })
      assert.equal(await users.delete(NAME), deletion)
      assert.deepEqual(lines, [])
    })
  }

  it('changes nothing for a name that nobody has', async () => {
    const { users, changes, audited: lines } = world({ user: 'unknown' })
    assert.equal(await users.activate(NAME), 'unknown')
    assert.equal(await users.delete(NAME), 'unknown')
    assert.deepEqual([changes, lines], [[], []])
  })
})
