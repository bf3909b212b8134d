import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { UserDetails, UserName, UsersOperator } from '../application/operate-users.ts'
import { parseUsersCommand } from './users.ts'

const ID = '01985d3c-7b0a-7c3e-9d2f-1f0f5a3b2c4d'

const ada: UserDetails = {
  id: ID,
  email: 'ada@example.com',
  createdAt: new Date('2026-01-31T12:00:00Z'),
  activatedAt: null,
  locale: 'en',
  code: 'live',
  wrongGuesses: 1,
  loginFailures: 0,
  waiting: 2,
}

const usersWith = (changes: Partial<UsersOperator> = {}): UsersOperator => ({
  list: async () => [ada],
  find: async () => ada,
  activate: async () => 'activated',
  delete: async () => 'deleted',
  ...changes,
})

const run = (args: string[], changes?: Partial<UsersOperator>) => {
  const command = parseUsersCommand(args)
  assert.ok(command, args.join(' '))
  return command(usersWith(changes))
}

describe('vestibule users', () => {
  it('prints a table of users, with masked addresses', async () => {
    const { output, exitCode } = await run(['list'])
    assert.equal(exitCode, 0)
    assert.equal(
      output,
      `id                                    address           state    created                   activated
01985d3c-7b0a-7c3e-9d2f-1f0f5a3b2c4d  a***@example.com  pending  2026-01-31T12:00:00.000Z  -
`,
    )
    assert.equal((await run(['list'], { list: async () => [] })).output, 'No users.\n')
  })

  it('lists those in one state, and as many as asked for', async () => {
    const asked: unknown[] = []
    const list: UsersOperator['list'] = async which => {
      asked.push(which)
      return []
    }
    await run(['list'], { list })
    await run(['list', '--state', 'active', '--limit', '7'], { list })
    assert.deepEqual(asked, [
      { state: undefined, limit: 50 },
      { state: 'active', limit: 7 },
    ])
  })

  it('shows all of one user, as text and with --json', async () => {
    assert.match((await run(['show', ID])).output, /^email +a\*\*\*@example\.com\n(.*\n)*code +live$/m)
    assert.deepEqual(JSON.parse((await run(['show', ID, '--json', '--show-addresses'])).output), {
      id: ID,
      email: 'ada@example.com',
      is_active: false,
      created_at: '2026-01-31T12:00:00.000Z',
      activated_at: null,
      locale: 'en',
      code: 'live',
      wrong_guesses: 1,
      login_failures: 0,
      waiting_messages: 2,
    })
  })

  it('finds a user by id and by address, however that is written', async () => {
    const asked: UserName[] = []
    const find: UsersOperator['find'] = async name => {
      asked.push(name)
      return ada
    }
    await run(['show', ID], { find })
    await run(['show', ' Ada@EXAMPLE.com'], { find })
    assert.deepEqual(asked, [{ id: ID }, { email: 'ada@example.com' }])
  })

  it('says what was changed', async () => {
    assert.deepEqual(await run(['activate', ID]), { output: 'Activated.\n', exitCode: 0 })
    assert.deepEqual(await run(['delete', 'ada@example.com']), { output: 'Deleted.\n', exitCode: 0 })
    assert.deepEqual(JSON.parse((await run(['delete', ID, '--json'])).output), { result: 'deleted' })
  })

  it('ends with 1 and says why when nothing was changed', async () => {
    const unknown = await run(['show', ID], { find: async () => undefined })
    assert.deepEqual(unknown, { output: 'There is no such user.\n', exitCode: 1 })
    const active = await run(['activate', ID], { activate: async () => 'already_active' })
    assert.deepEqual([active.exitCode, /active already/.test(active.output)], [1, true])
    const busy = await run(['delete', ID], { delete: async () => 'busy' })
    assert.deepEqual([busy.exitCode, /10 seconds/.test(busy.output)], [1, true])
    const asJson = await run(['delete', ID, '--json'], { delete: async () => 'busy' })
    assert.deepEqual(JSON.parse(asJson.output), { result: 'busy' })
  })

  for (const args of [
    [],
    ['remove', ID],
    ['list', ID],
    ['list', '--state', 'dead'],
    ['list', '--limit', '0'],
    ['show'],
    ['show', 'ada'],
    ['show', ID, ID],
    ['delete'],
    ['delete', '--all'],
    ['activate', "' or true --"],
  ]) {
    it(`does not understand: ${['users', ...args].join(' ')}`, () => {
      assert.equal(parseUsersCommand(args), undefined)
    })
  }
})
