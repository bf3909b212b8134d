import { parseArgs } from 'node:util'
import type { OutboxDepth, OutboxOperator, WaitingMessage } from '../application/operate-outbox.ts'
import type { Topic } from '../application/outbox.ts'
import { asJson, attempt, type CommandResult, done, inWords, maskedEmail, table, UUID } from './output.ts'

export const OUTBOX_USAGE = `Usage: vestibule outbox <command>

  list             what waits to leave, oldest first
    --topic mail   only mails (or event: only events)
    --limit 50     at most so many
  show <id>        everything about one message
  retry <id>       try a message again within 10 seconds that would wait for longer
    --all          all of them
  drop <id>        give a mail up: its code is dead, its address free, mail.given_up is published;
                   of an event: forget it, nobody will hear of it

  --json           for programs
  --show-addresses whole addresses instead of a***@example.com (list, show)

docs/operations.md says what to look for.
`

const OPTIONS = {
  topic: { type: 'string' },
  limit: { type: 'string', default: '50' },
  all: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'show-addresses': { type: 'boolean', default: false },
} as const

type Asked = { json: boolean; shown: (message: WaitingMessage) => WaitingMessage }

/** What is asked for, or nothing when it is not understood. No database is needed to tell. */
export const parseOutboxCommand = (
  args: string[],
): ((outbox: OutboxOperator) => Promise<CommandResult>) | undefined => {
  const parsed = attempt(() => parseArgs({ args, options: OPTIONS, allowPositionals: true }))
  if (!parsed) return undefined
  const { topic, limit, all, json, 'show-addresses': whole } = parsed.values
  const [command, id, ...more] = parsed.positionals
  if (more.length > 0 || (id !== undefined && !UUID.test(id))) return undefined
  const asked: Asked = { json, shown: message => (whole ? message : masked(message)) }

  if (command === 'list' && id === undefined && isTopic(topic) && /^[1-9]\d{0,5}$/.test(limit)) {
    return outbox => list(outbox, topic, Number(limit), asked)
  }
  if (command === 'show' && id !== undefined) return outbox => show(outbox, id, asked)
  if (command === 'retry' && (id === undefined) === all) return outbox => retry(outbox, id, asked)
  if (command === 'drop' && id !== undefined) return outbox => drop(outbox, id, asked)
  return undefined
}

const list = async (
  outbox: OutboxOperator,
  topic: Topic | undefined,
  limit: number,
  { json, shown }: Asked,
): Promise<CommandResult> => {
  const messages = (await outbox.list({ topic, limit })).map(shown)
  const depths = (await outbox.measure()).filter(depth => topic === undefined || depth.topic === topic)
  if (json) return done(asJson({ waiting: depths.map(depthRecord), messages: messages.map(record) }))
  const summary = depths.map(
    ({ topic, messages, oldestSeconds }) =>
      `${topic}: ${messages} waiting${messages > 0 ? `, the oldest for ${inWords(oldestSeconds)}` : ''}\n`,
  )
  return done(summary.join('') + (messages.length > 0 ? `\n${table([HEAD, ...messages.map(row)])}` : ''))
}

const show = async (outbox: OutboxOperator, id: string, { json, shown }: Asked): Promise<CommandResult> => {
  const [message] = (await outbox.list({ id, limit: 1 })).map(shown)
  if (!message) return unknown(id, json)
  const fields = record(message)
  return done(
    json ? asJson(fields) : table(Object.entries(fields).map(([name, value]) => [name, `${value ?? '-'}`])),
  )
}

const retry = async (
  outbox: OutboxOperator,
  id: string | undefined,
  { json }: Asked,
): Promise<CommandResult> => {
  if (id !== undefined && (await outbox.list({ id, limit: 1 })).length === 0) return unknown(id, json)
  const count = await outbox.retry(id)
  if (json) return done(asJson({ retried: count }))
  return done(count === 0 ? 'Nothing waits for longer than 10 seconds.\n' : `Tried again soon: ${count}\n`)
}

const drop = async (outbox: OutboxOperator, id: string, { json }: Asked): Promise<CommandResult> => {
  const result = await outbox.drop(id)
  if (result === 'unknown') return unknown(id, json)
  const busy = 'It may be on its way just now. Try again in 10 seconds.\n'
  const output = json ? asJson({ result }) : result === 'dropped' ? 'Dropped.\n' : busy
  return { output, exitCode: result === 'dropped' ? 0 : 1 }
}

const unknown = (id: string, json: boolean): CommandResult => ({
  output: json ? asJson({ result: 'unknown' }) : `No message ${id} waits: it has left, or it never was.\n`,
  exitCode: 1,
})

const HEAD = ['id', 'what', 'to', 'age', 'attempts', 'next', 'last failure']

const row = (message: WaitingMessage): string[] => [
  message.id,
  message.kind,
  message.email ?? '-',
  inWords(message.ageSeconds),
  `${message.attempts}`,
  message.dueInSeconds > 0 ? `in ${inWords(message.dueInSeconds)}` : 'now',
  message.lastFailure ?? '-',
]

/** For programs, in snake_case as everything that Vestibule says in JSON. */
const record = (message: WaitingMessage) => ({
  id: message.id,
  topic: message.topic,
  kind: message.kind,
  user_id: message.userId,
  email: message.email ?? null,
  created_at: message.createdAt.toISOString(),
  age_seconds: Math.round(message.ageSeconds),
  due_in_seconds: Math.round(message.dueInSeconds),
  attempts: message.attempts,
  last_failure: message.lastFailure ?? null,
  correlation_id: message.correlationId,
})

const depthRecord = ({ topic, messages, oldestSeconds }: OutboxDepth) => ({
  topic,
  messages,
  oldest_seconds: Math.round(oldestSeconds),
})

const masked = (message: WaitingMessage): WaitingMessage => ({
  ...message,
  email: message.email && maskedEmail(message.email),
})

const isTopic = (topic: string | undefined): topic is Topic | undefined =>
  topic === undefined || topic === 'mail' || topic === 'event'
