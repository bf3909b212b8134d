import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Migrate, parseMigrateCommand } from './migrate.ts'

const MIGRATIONS = [
  { name: '0001_users', appliedAt: new Date('2026-01-31T12:00:00Z') },
  { name: '0002_limits', appliedAt: null },
]

const run = async (...args: string[]) => {
  const command = parseMigrateCommand(args)
  assert.ok(command, args.join(' '))
  const wanted: Migrate[] = []
  const result = await command(async migrate => {
    wanted.push(migrate)
    return MIGRATIONS
  })
  return { ...result, wanted }
}

describe('vestibule migrate', () => {
  it('migrates, and lists what is applied then', async () => {
    const { output, exitCode, wanted } = await run('up')
    assert.deepEqual([exitCode, wanted], [0, [{ to: 'up' }]])
    assert.equal(output, '0001_users  applied 2026-01-31T12:00:00.000Z\n0002_limits  pending\n')
    assert.deepEqual((await run('status')).wanted, [{ to: 'status' }])
    assert.deepEqual((await run('down', '0002_limits')).wanted, [{ to: 'down', name: '0002_limits' }])
  })

  it('prints JSON in snake_case with --json', async () => {
    assert.deepEqual(JSON.parse((await run('status', '--json')).output), {
      migrations: [
        { name: '0001_users', applied_at: '2026-01-31T12:00:00.000Z' },
        { name: '0002_limits', applied_at: null },
      ],
    })
  })

  for (const args of [
    [],
    ['down'],
    ['sideways'],
    ['up', '0001_users'],
    ['down', 'a', 'b'],
    ['up', '--all'],
  ]) {
    it(`does not understand: ${['migrate', ...args].join(' ')}`, () => {
      assert.equal(parseMigrateCommand(args), undefined)
    })
  }
})
