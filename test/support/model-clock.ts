import type { Bench } from './fixtures.ts'

const START = Date.UTC(2026, 0, 1)

/**
 * Puts a database under a clock of the test's own, which stands still until it is moved. The statements stay as
 * they are: their `now()` finds `clock.now()` first, and so do the defaults of the columns. Nothing has to be
 * moved into the past, so nothing can be forgotten there, and no slow machine ever comes too late.
 *
 * The time is a setting of a session: the bench needs `poolMax: 1`. Without it, `now()` fails.
 */
export const takeClock = async (bench: Bench) => {
  await bench.rows('create schema clock')
  await bench.rows(
    `create function clock.now() returns timestamptz language sql stable
     return current_setting('clock.now')::timestamptz`,
  )
  // What this test writes need not survive a power failure, and a second of it is a thousand commits.
  await bench.rows(
    `do $$
     declare of_table record;
     begin
       execute format('alter database %I set search_path = clock, pg_catalog, public', current_database());
       execute format('alter database %I set synchronous_commit = off', current_database());
       for of_table in
         select table_name, column_name from information_schema.columns
         where table_schema = 'public' and column_default = 'now()'
       loop
         execute format(
           'alter table %I alter column %I set default clock.now()', of_table.table_name, of_table.column_name);
       end loop;
     end $$`,
  )
  const turn = { name: 'turn-clock', text: `select set_config('clock.now', $1, false)` }

  return {
    /** Seconds since the epoch at which the clock reads 0. */
    startSeconds: START / 1000,
    /** Turns the clock to so many seconds after its start. */
    turnTo: async (seconds: number): Promise<void> => {
      await bench.database.query(turn, [new Date(START + seconds * 1000).toISOString()])
    },
  }
}
