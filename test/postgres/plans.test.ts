import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { v7 as newId } from 'uuid'
import {
  type Bench,
  keyring,
  type Registered,
  registerMany,
  registration,
  type Statements,
  startBench,
  statementsOn,
} from '../support/fixtures.ts'

const BUDGET = { spacingSeconds: 30, perHour: 5, perDay: 10 }
const PEOPLE = 20_000
/** After five runs PostgreSQL may change to a plan that does not look at the values any more. */
const RUNS = 10

const ALL_ACTIVE = 'update users set activated_at = now(), code_id = null, code_length = null'
const MANY_PENDING = `update users set activated_at = null where id in (select id from users limit ${PEOPLE / 2})`

/** Who comes after the statistics were made is not known to the planner. */
for (const { people, beforeStatistics, afterStatistics } of [
  { people: 'who are pending', beforeStatistics: [], afterStatistics: [] },
  {
    people: 'of whom none was pending when statistics were made',
    beforeStatistics: [ALL_ACTIVE],
    afterStatistics: [MANY_PENDING],
  },
]) {
  describe(`the statements, on full tables of people ${people}`, () => {
    let bench: Bench
    let somebody: Registered
    before(async () => {
      bench = await startBench()
      await registerMany(bench, PEOPLE)
      for (const sql of beforeStatistics) await bench.rows(`${sql}; select pg_stat_force_next_flush()`)
      await bench.rows('analyze')
      // What this session reads must not be reported later, as somebody else's.
      for (const sql of afterStatistics) await bench.rows(`${sql}; select pg_stat_force_next_flush()`)
      somebody = await bench.register()
      // What is read here is what is counted: this pool must not be left with anything to report.
      await bench.database.close()
    })
    after(() => bench.drop())

    /** How often each table, or the index of pending users, has been read from end to end. A session reports that at the latest when it ends. */
    const wholeReads = async (): Promise<Record<string, number>> => {
      const others = `select from pg_stat_activity where datname = current_database() and application_name = 'vestibule'`
      while ((await bench.rows(others)).length > 0);
      const rows = await bench.rows<{ relname: string; seq_scan: number }>(
        `select relname, seq_scan::int as seq_scan from pg_stat_user_tables where relname <> 'schema_migrations'`,
      )
      // For one user, reading the index of all pending ones is as bad.
      const [pending] = await bench.rows<{ idx_scan: number }>(
        `select idx_scan::int as idx_scan from pg_stat_user_indexes where indexrelname = 'users_pending'`,
      )
      return {
        ...Object.fromEntries(rows.map(({ relname, seq_scan }) => [relname, seq_scan])),
        users_pending: pending?.idx_scan ?? 0,
      }
    }

    const claimAndSettle = async (on: Statements) => {
      const claimed = await on.claimMessages({ mail: 50, event: 50 })
      assert.equal(claimed.length, 100)
      await on.settleMessages(
        claimed.map(({ userId, id, attempts }) => ({
          userId,
          id,
          attempts,
          result: 'accepted',
          secondsAgo: 0,
        })),
      )
    }

    const calls: [string, (on: Statements) => Promise<unknown>][] = [
      ['storeRegistration, of a new address', on => on.storeRegistration(registration())],
      ['storeRegistration, of a taken address', on => on.storeRegistration(registration(somebody))],
      ['findAccount', on => on.findAccount(somebody.email)],
      ['countGuess', on => on.countGuess(somebody.user)],
      ['findLiveCode', on => on.findLiveCode(somebody.userId)],
      ['chargeGuess', on => on.chargeGuess(somebody.user, somebody.codeId, 3)],
      ['exhaustCode', on => on.exhaustCode(somebody.userId, somebody.codeId)],
      ['expireCode', on => on.expireCode(somebody.userId, somebody.codeId)],
      ['consumeCode', on => on.consumeCode({ ...somebody, eventId: newId() })],
      ['readCodeStatus', on => on.readCodeStatus(somebody.user)],
      ['explainDeadCode', on => on.explainDeadCode(somebody.userId)],
      ['replaceCode', on => on.replaceCode({ ...somebody, codeId: keyring.newCodeId(), mailId: newId() })],
      ['claimMessages and settleMessages', claimAndSettle],
    ]
    for (const [name, call] of calls) {
      it(`read no table from end to end in ${name}`, async () => {
        const before = await wholeReads()
        const database = bench.open(1)
        const on = statementsOn(database, BUDGET)
        for (let runs = 0; runs < RUNS; runs += 1) await call(on)
        await database.close()
        assert.deepEqual(await wholeReads(), before)
      })
    }
  })
}
