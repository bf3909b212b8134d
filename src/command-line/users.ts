import { parseArgs } from 'node:util'
import type { UserDetails, UserName, UserState, UsersOperator } from '../application/operate-users.ts'
import { canonicalEmail } from '../domain/email-address.ts'
import type { User } from '../domain/user.ts'
import { asJson, attempt, type CommandResult, done, maskedEmail, table, UUID } from './output.ts'

export const USERS_USAGE = `Usage: vestibule users <command>

  list               the newest users
    --state pending  only those that are not active yet (or active: only those that are)
    --limit 50       at most so many
  show <user>        everything about one user: their state, their code, what waits for them
  activate <user>    activate without a code: their address counts as verified, user.activated is published
  delete <user>      delete the user and all that waits for them; user.deleted is published

  <user>             an id, or an e-mail address
  --json             for programs
  --show-addresses   whole addresses instead of a***@example.com

activate and delete write a line of the audit log to standard error. docs/operations.md says more.
`

const OPTIONS = {
  state: { type: 'string' },
  limit: { type: 'string', default: '50' },
  json: { type: 'boolean', default: false },
  'show-addresses': { type: 'boolean', default: false },
} as const

type Asked = { json: boolean; shown: (email: string) => string }

/** What is asked for, or nothing when it is not understood. No database is needed to tell. */
export const parseUsersCommand = (
  args: string[],
): ((users: UsersOperator) => Promise<CommandResult>) | undefined => {
  const parsed = attempt(() => parseArgs({ args, options: OPTIONS, allowPositionals: true }))
  if (!parsed) return undefined
  const { state, limit, json, 'show-addresses': whole } = parsed.values
  const [command, named, ...more] = parsed.positionals
  const asked: Asked = { json, shown: email => (whole ? email : maskedEmail(email)) }

  if (command === 'list' && named === undefined && isState(state) && /^[1-9]\d{0,5}$/.test(limit)) {
    return users => list(users, state, Number(limit), asked)
  }
  const name = named === undefined || more.length > 0 ? undefined : userName(named)
  if (!name) return undefined
  switch (command) {
    case 'show':
      return users => show(users, name, asked)
    case 'activate':
      return async users => changed(await users.activate(name), asked)
    case 'delete':
      return async users => changed(await users.delete(name), asked)
    default:
      return undefined
  }
}

const userName = (named: string): UserName | undefined => {
  if (UUID.test(named)) return { id: named }
  const address = canonicalEmail(named)
  return address.ok ? { email: address.email } : undefined
}

const list = async (
  users: UsersOperator,
  state: UserState | undefined,
  limit: number,
  { json, shown }: Asked,
): Promise<CommandResult> => {
  const records = (await users.list({ state, limit })).map(user => record(user, shown))
  if (json) return done(asJson({ users: records }))
  if (records.length === 0) return done('No users.\n')
  return done(table([HEAD, ...records.map(row)]))
}

const show = async (users: UsersOperator, name: UserName, { json, shown }: Asked): Promise<CommandResult> => {
  const user = await users.find(name)
  if (!user) return failed('unknown', json)
  const fields = { ...record(user, shown), ...details(user) }
  return done(
    json ? asJson(fields) : table(Object.entries(fields).map(([name, value]) => [name, `${value ?? '-'}`])),
  )
}

type Change = Awaited<ReturnType<UsersOperator['activate'] | UsersOperator['delete']>>

const changed = (result: Change, { json }: Asked): CommandResult => {
  if (result !== 'activated' && result !== 'deleted') return failed(result, json)
  return done(json ? asJson({ result }) : result === 'activated' ? 'Activated.\n' : 'Deleted.\n')
}

const OBSTACLES = {
  unknown: 'There is no such user.',
  already_active: 'The user is active already, or has just gone.',
  busy: 'A message of theirs may be on its way just now. Try again in 10 seconds.',
}

const failed = (result: keyof typeof OBSTACLES, json: boolean): CommandResult => ({
  output: json ? asJson({ result }) : `${OBSTACLES[result]}\n`,
  exitCode: 1,
})

const HEAD = ['id', 'address', 'state', 'created', 'activated']

const row = (user: UserRecord): string[] => [
  user.id,
  user.email,
  user.is_active ? 'active' : 'pending',
  user.created_at,
  user.activated_at ?? '-',
]

type UserRecord = ReturnType<typeof record>

/** For programs, as GET /users/me says it. */
const record = ({ id, email, createdAt, activatedAt }: User, shown: Asked['shown']) => ({
  id,
  email: shown(email),
  is_active: activatedAt !== null,
  created_at: createdAt.toISOString(),
  activated_at: activatedAt?.toISOString() ?? null,
})

const details = ({ locale, code, wrongGuesses, loginFailures, waiting }: UserDetails) => ({
  locale,
  code,
  wrong_guesses: wrongGuesses,
  login_failures: loginFailures,
  waiting_messages: waiting,
})

const isState = (state: string | undefined): state is UserState | undefined =>
  state === undefined || state === 'pending' || state === 'active'
