import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { describeSchema } from '../support/describe-schema.ts'
import { asSchemaFile, SCHEMA_FILE } from '../support/schema-file.ts'

const withDatabase = async (
  contents: 'migrated' | 'empty',
  work: (database: TestDatabase) => Promise<void>,
): Promise<void> => {
  const database = await createDatabase(contents)
  try {
    await work(database)
  } finally {
    await database.drop()
  }
}

describe('schema.sql', () => {
  it('is what the migrations make', () =>
    withDatabase('migrated', async database => {
      const made = asSchemaFile(await describeSchema(database.url))
      const written = await readFile(SCHEMA_FILE, 'utf8').catch(() => '')
      assert.equal(written, made, 'schema.sql is not what the migrations make: run npm run schema')
    }))

  it('makes the same schema when it is applied to an empty database', () =>
    withDatabase('empty', async database => {
      const written = await readFile(SCHEMA_FILE, 'utf8')
      await database.rows(written)
      assert.equal(asSchemaFile(await describeSchema(database.url)), written)
    }))

  for (const sql of [
    'create view active_users as select * from users where activated_at is not null',
    `create type mood as enum ('good')`,
    'create sequence numbers',
    'create function one() returns int language sql return 1',
    'alter table users enable row level security',
  ]) {
    it(`is not written while it cannot hold: ${sql}`, () =>
      withDatabase('migrated', async database => {
        await database.rows(sql)
        await assert.rejects(describeSchema(database.url), /cannot describe this yet/)
      }))
  }

  for (const sql of [
    'alter table users add nickname text',
    `alter table users alter locale set default 'en'`,
    'alter table users alter locale drop not null',
    'alter table users drop constraint users_email_key',
    `alter table users add constraint short check (length(email) < 255)`,
    'drop index outbox_due',
    'alter table outbox set (fillfactor = 90)',
    'create table extra (id int)',
  ]) {
    it(`differs after: ${sql}`, () =>
      withDatabase('migrated', async database => {
        const before = await describeSchema(database.url)
        await database.rows(sql)
        assert.notEqual(await describeSchema(database.url), before)
      }))
  }
})
