import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import { migrateDown, migrateUp, migrationStatus } from '../../src/infrastructure/postgres/migrate.ts'
import { run } from '../support/command.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { describeSchema } from '../support/describe-schema.ts'

const DIRECTORY = fileURLToPath(new URL('../../migrations', import.meta.url))
const SECRET_KEY = 'a-key-for-migrations-and-for-nothing-else'

describe('the migrations', () => {
  let empty: TestDatabase
  beforeEach(async () => {
    empty = await createDatabase('empty')
  })
  afterEach(() => empty.drop())

  const tables = async (): Promise<string[]> =>
    (
      await empty.rows<{ name: string }>(
        `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
         order by relname`,
      )
    ).map(({ name }) => name)

  const pendingNames = async () =>
    (await migrationStatus(empty.url)).filter(({ appliedAt }) => !appliedAt).map(({ name }) => name)

  it('bring an empty database up to date and name what was applied', async () => {
    const pending = await pendingNames()
    assert.ok(pending.length > 0)
    assert.deepEqual(await tables(), [])
    assert.deepEqual(await migrateUp(empty.url), pending)
    assert.deepEqual(await tables(), ['address_ledger', 'ledger_key', 'outbox', 'schema_migrations', 'users'])
  })

  it('change nothing the second time', async () => {
    await migrateUp(empty.url)
    const before = await empty.rows('select * from schema_migrations')
    assert.deepEqual(await migrateUp(empty.url), [])
    assert.deepEqual(await empty.rows('select * from schema_migrations'), before)
  })

  it('tell when each was applied, whatever the time zone of database and process', async () => {
    const database = (await empty.rows('select current_database() as name'))[0]?.name
    await empty.rows(`alter database ${database} set timezone to 'Asia/Tokyo'`)
    const [before] = await empty.rows<{ now: Date }>('select now()')
    await migrateUp(empty.url)
    const [after] = await empty.rows<{ now: Date }>('select now()')
    assert.ok(before && after)
    for (const { appliedAt } of await migrationStatus(empty.url)) {
      assert.ok(appliedAt && appliedAt >= before.now && appliedAt <= after.now, `${appliedAt}`)
    }
  })

  it('are applied once when eight instances start at once', async () => {
    const pending = await pendingNames()
    const applied = await Promise.all(Array.from({ length: 8 }, () => migrateUp(empty.url)))
    assert.deepEqual(applied.flat(), pending)
    const rows = await empty.rows<{ name: string }>('select name from schema_migrations order by id')
    assert.deepEqual(
      rows.map(({ name }) => name),
      pending,
    )
  })

  it('leave nothing behind when one fails', async () => {
    // In the way of the last table that the first migration makes.
    await empty.rows('create table outbox (id int)')
    const pending = await pendingNames()
    await assert.rejects(migrateUp(empty.url), /outbox/)
    assert.deepEqual(
      (await tables()).filter(name => name !== 'schema_migrations'),
      ['outbox'],
    )
    assert.deepEqual(await pendingNames(), pending)

    await empty.rows('drop table outbox')
    assert.deepEqual(await migrateUp(empty.url), pending)
  })

  it('go back one by one, when the newest is named', async () => {
    await migrateUp(empty.url)
    const names = (await migrationStatus(empty.url)).map(({ name }) => name)
    const [newest, ...older] = names.toReversed() as [string, ...string[]]
    for (const name of [...older, '0000_nothing']) {
      await assert.rejects(migrateDown(empty.url, name), new RegExp(`not the newest .* ${newest}`))
    }
    assert.deepEqual(await pendingNames(), [])
    for (const name of [newest, ...older]) await migrateDown(empty.url, name)
    assert.deepEqual(await pendingNames(), names)
    assert.deepEqual(await tables(), ['schema_migrations'])
    await assert.rejects(migrateDown(empty.url, newest), /that is none/)
  })

  it('refuse a database with another history', async () => {
    await migrateUp(empty.url)
    await empty.rows(`update schema_migrations set name = '0000_of_another_service'`)
    const before = await empty.rows('select * from schema_migrations')
    await assert.rejects(migrateUp(empty.url), /0000_of_another_service/)
    assert.deepEqual(await empty.rows('select * from schema_migrations'), before)
  })

  it('leave a database alone that a newer version has brought further', async () => {
    await migrateUp(empty.url)
    await empty.rows(`insert into schema_migrations (name, run_on) values ('9999_of_the_future', now())`)
    assert.deepEqual(await migrateUp(empty.url), [])
  })

  it('go back to an empty schema, and up again to the same one', async () => {
    const applied = await migrateUp(empty.url)
    const description = await describeSchema(empty.url)
    await runner({
      databaseUrl: empty.url,
      direction: 'down',
      count: applied.length,
      dir: DIRECTORY,
      migrationsTable: 'schema_migrations',
      log: () => {},
    })
    assert.deepEqual(await tables(), ['schema_migrations'])
    assert.deepEqual(await migrateUp(empty.url), applied)
    assert.equal(await describeSchema(empty.url), description)
  })

  describe('as a command', () => {
    const migrate = (...args: string[]) =>
      run(['migrate', ...args], { DATABASE_URL: empty.url, SECRET_KEY, LOG_FORMAT: 'json' })

    it('are applied by up, and listed by status before and after', async () => {
      const names = await pendingNames()
      const before = await migrate('status')
      assert.equal(before.exitCode, 0)
      assert.deepEqual(before.output, names.map(name => `${name}  pending\n`).join(''))
      assert.deepEqual(await tables(), [])

      const up = await migrate('up')
      assert.equal(up.exitCode, 0)
      for (const name of names) assert.match(up.output, new RegExp(`^${name}  applied \\d{4}-`, 'm'))
      assert.deepEqual(await pendingNames(), [])
      assert.deepEqual(await migrate('status'), up)
      assert.deepEqual(await migrate('up'), up)
    })

    it('end with 1 and the reason, without a stack, when one fails', async () => {
      await empty.rows('create table outbox (id int)')
      const { exitCode, output } = await migrate('up')
      assert.equal(exitCode, 1)
      assert.match(output, /relation "outbox" already exists/)
      assert.doesNotMatch(output, /\n\s+at /)
      assert.deepEqual(
        (await tables()).filter(name => name !== 'schema_migrations'),
        ['outbox'],
      )
    })

    it('end with 1 and the reason when the database cannot be reached', async () => {
      const nowhere = new URL(empty.url)
      nowhere.port = '1'
      const { exitCode, output } = await run(['migrate', 'up'], { DATABASE_URL: nowhere.href, SECRET_KEY })
      assert.equal(exitCode, 1)
      assert.match(output, /ECONNREFUSED|refused/)
      assert.ok(!output.includes(nowhere.password))
    })

    for (const args of [[], ['down'], ['sideways']]) {
      it(`end with 2 and the usage for: ${['migrate', ...args].join(' ')}`, async () => {
        const { exitCode, output } = await migrate(...args)
        assert.equal(exitCode, 2)
        assert.match(output, /^Usage: /)
        assert.deepEqual(await tables(), [])
      })
    }
  })
})
