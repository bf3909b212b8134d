import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OutboxOperator, WaitingMessage } from '../application/operate-outbox.ts'
import { parseOutboxCommand } from './outbox.ts'

const ID = '01985d3c-7b0a-7c3e-9d2f-1f0f5a3b2c4d'

const message: WaitingMessage = {
  id: ID,
  topic: 'mail',
  kind: 'activation_code',
  userId: '01985d3c-7b0a-7c3e-9d2f-000000000001',
  email: 'ada@example.com',
  createdAt: new Date('2026-01-31T12:00:00Z'),
  ageSeconds: 250,
  dueInSeconds: 71.4,
  attempts: 8,
  lastFailure: 'http 503',
  correlationId: 'correlation-1',
}

const outboxWith = (changes: Partial<OutboxOperator> = {}): OutboxOperator => ({
  list: async ({ id }) => (id === undefined || id === ID ? [message] : []),
  measure: async () => [
    { topic: 'mail', messages: 1, oldestSeconds: 250 },
    { topic: 'event', messages: 0, oldestSeconds: 0 },
  ],
  retry: async () => 1,
  drop: async () => 'dropped',
  ...changes,
})

const run = (args: string[], changes?: Partial<OutboxOperator>) => {
  const command = parseOutboxCommand(args)
  assert.ok(command, args.join(' '))
  return command(outboxWith(changes))
}

describe('vestibule outbox', () => {
  it('prints a table of what waits, below how much it is', async () => {
    const { output, exitCode } = await run(['list'])
    assert.equal(exitCode, 0)
    assert.equal(
      output,
      `mail: 1 waiting, the oldest for 4 min
event: 0 waiting

id                                    what             to                age    attempts  next     last failure
01985d3c-7b0a-7c3e-9d2f-1f0f5a3b2c4d  activation_code  a***@example.com  4 min  8         in 71 s  http 503
`,
    )
  })

  it('lists one topic, and as many as asked for', async () => {
    const asked: unknown[] = []
    const list: OutboxOperator['list'] = async which => {
      asked.push(which)
      return []
    }
    const { output } = await run(['list', '--topic', 'event', '--limit', '7'], { list })
    assert.deepEqual(asked, [{ topic: 'event', limit: 7 }])
    assert.equal(output, 'event: 0 waiting\n')
  })

  it('prints JSON in snake_case with --json', async () => {
    const { output } = await run(['show', ID, '--json'])
    assert.deepEqual(JSON.parse(output), {
      id: ID,
      topic: 'mail',
      kind: 'activation_code',
      user_id: message.userId,
      email: 'a***@example.com',
      created_at: '2026-01-31T12:00:00.000Z',
      age_seconds: 250,
      due_in_seconds: 71,
      attempts: 8,
      last_failure: 'http 503',
      correlation_id: 'correlation-1',
    })
    const listed = JSON.parse((await run(['list', '--json', '--show-addresses'])).output)
    assert.equal(listed.messages[0].email, 'ada@example.com')
    assert.deepEqual(listed.waiting[1], { topic: 'event', messages: 0, oldest_seconds: 0 })
  })

  it('says how many are tried again', async () => {
    assert.equal((await run(['retry', '--all'], { retry: async () => 12 })).output, 'Tried again soon: 12\n')
    const none = await run(['retry', ID], { retry: async () => 0 })
    assert.match(none.output, /^Nothing waits for longer/)
  })

  it('says in JSON what it changed', async () => {
    assert.deepEqual(
      JSON.parse((await run(['retry', '--all', '--json'], { retry: async () => 12 })).output),
      {
        retried: 12,
      },
    )
    for (const result of ['dropped', 'busy', 'unknown'] as const) {
      const { output, exitCode } = await run(['drop', ID, '--json'], { drop: async () => result })
      assert.deepEqual([JSON.parse(output), exitCode], [{ result }, result === 'dropped' ? 0 : 1])
    }
  })

  it('ends with 1 when nothing has that id, or when it may be on its way', async () => {
    const gone = '01985d3c-7b0a-7c3e-9d2f-000000000000'
    for (const command of ['show', 'retry', 'drop']) {
      const { output, exitCode } = await run([command, gone], { drop: async () => 'unknown' })
      assert.equal(exitCode, 1)
      assert.match(output, /it has left, or it never was/)
    }
    const busy = await run(['drop', ID], { drop: async () => 'busy' })
    assert.equal(busy.exitCode, 1)
    assert.match(busy.output, /on its way/)
  })

  for (const args of [
    [],
    ['lists'],
    ['list', 'more'],
    ['list', '--topic', 'mails'],
    ['list', '--limit', '0'],
    ['list', '--limit'],
    ['show'],
    ['show', 'all'],
    ['show', ID, ID],
    ['retry'],
    ['retry', ID, '--all'],
    ['drop'],
    ['drop', '--all'],
    ['drop', "' or true --"],
    ['list', '--unknown'],
  ]) {
    it(`does not understand: ${['outbox', ...args].join(' ')}`, () => {
      assert.equal(parseOutboxCommand(args), undefined)
    })
  }
})
