import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { Unavailable } from '../../src/domain/refusals.ts'
import { type Database, openDatabase } from '../../src/infrastructure/postgres/database.ts'
import { newAddress } from '../support/client.ts'
import { type Bench, registration, startBench } from '../support/fixtures.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/** True for an `Unavailable` that does not carry, at any depth, what the statement was about. */
const unavailableWithout =
  (secret: string) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Unavailable)
    assert.ok(!inspect(error, { depth: 9 }).includes(secret))
    return true
  }

const ONE = { name: 'one', text: 'select 1 as one' }
const COUNT_USERS = { name: 'count-users', text: 'select count(*)::int as count from users' }
const LONG = { name: 'long', text: 'select pg_sleep(60)' }
/** Far above what any of these may take, far below waiting for ever. */
const AT_ONCE_MS = 30_000

describe('openDatabase', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench()
  })
  after(() => bench.close())

  const withDatabase = async (
    options: { url?: string; poolMax?: number; timeoutMs?: number },
    work: (database: Database, warnings: string[]) => Promise<void>,
  ): Promise<void> => {
    const warnings: string[] = []
    const database = openDatabase({
      url: bench.url,
      poolMax: 2,
      timeoutMs: 20_000,
      log: { warn: (fields, message) => warnings.push(`${message} ${inspect(fields)}`) },
      ...options,
    })
    try {
      await work(database, warnings)
    } finally {
      await database.close()
    }
  }

  it('answers with rows', () =>
    withDatabase({}, async database => {
      assert.deepEqual(await database.query(ONE), [{ one: 1 }])
      assert.deepEqual(await database.query({ name: 'add', text: 'select $1::int + 1 as sum' }, [41]), [
        { sum: 42 },
      ])
      assert.equal(await database.answers(), true)
    }))

  describe('on a server that does not answer', () => {
    const withProxy = async (work: (proxy: TcpProxy) => Promise<void>): Promise<void> => {
      const proxy = await startTcpProxy(bench.url)
      try {
        await work(proxy)
      } finally {
        await proxy.close()
      }
    }

    it('is Unavailable when the server refuses connections', () =>
      withProxy(async proxy => {
        await proxy.refuse()
        await withDatabase({ url: proxy.url }, async database => {
          await assert.rejects(database.query(ONE), Unavailable)
          assert.equal(await database.answers(), false)
        })
      }))

    it('is Unavailable within its time when the server says nothing', { timeout: AT_ONCE_MS }, () =>
      withProxy(async proxy => {
        await proxy.swallow()
        await withDatabase({ url: proxy.url, timeoutMs: 100 }, async database => {
          await assert.rejects(database.query(ONE), Unavailable)
          assert.equal(await database.answers(), false)
        })
      }),
    )

    it('is Unavailable when the connection breaks while a statement runs', () =>
      withProxy(async proxy => {
        await withDatabase({ url: proxy.url }, async database => {
          const running = assert.rejects(database.query(LONG), Unavailable)
          await untilRunning(LONG.text)
          await proxy.refuse()
          await running
        })
        await end(LONG.text)
      }))

    it('recovers by itself when the server is back', () =>
      withProxy(async proxy => {
        await withDatabase({ url: proxy.url }, async (database, warnings) => {
          await database.query(ONE)
          await proxy.refuse()
          await assert.rejects(database.query(ONE), Unavailable)
          await proxy.forward()
          assert.deepEqual(await database.query(ONE), [{ one: 1 }])
          assert.equal(await database.answers(), true)
          assert.ok(warnings.every(warning => !warning.includes(bench.url)))
        })
      }))

    it('survives that the server closes its idle connections', () =>
      withDatabase({ poolMax: 1 }, async (database, warnings) => {
        const whoAmI = { name: 'who-am-i', text: 'select pg_backend_pid() as pid' }
        const [first] = await database.query<{ pid: number }>(whoAmI)
        await bench.rows('select pg_terminate_backend($1)', [first?.pid])
        while (warnings.length === 0) await new Promise(setImmediate)
        const [second] = await database.query<{ pid: number }>(whoAmI)
        assert.notEqual(second?.pid, first?.pid)
      }))
  })

  it('is Unavailable in time when all its connections are busy', { timeout: AT_ONCE_MS }, () =>
    withDatabase({ poolMax: 2, timeoutMs: 1000 }, async database => {
      let busy = 2
      const held = [1, 2].map(() =>
        database.query(LONG).catch(() => {
          busy -= 1
        }),
      )
      await assert.rejects(database.query(ONE), Unavailable)
      assert.equal(busy, 2)
      await end(LONG.text)
      await Promise.all(held)
      assert.deepEqual(await database.query(ONE), [{ one: 1 }])
    }),
  )

  it('is Unavailable in time when another session holds the locks', { timeout: AT_ONCE_MS }, () =>
    withDatabase({ timeoutMs: 500 }, async database => {
      await bench.whileAnotherHolds('lock table users', async () => {
        await assert.rejects(database.query(COUNT_USERS), Unavailable)
      })
      assert.equal((await database.query(COUNT_USERS)).length, 1)
      const stillRunning = `select from pg_stat_activity where state = 'active' and query = $1`
      assert.deepEqual(await bench.rows(stillRunning, [COUNT_USERS.text]), [])
    }),
  )

  describe('on statements that fail', () => {
    before(() =>
      bench.rows(`
        create sequence tries;
        create table trouble (state text, remaining int, secret text unique check (secret <> 'forbidden'));
        create function make_trouble() returns trigger language plpgsql as $$
        begin
          -- A sequence is not rolled back.
          if nextval('tries') <= new.remaining then
            raise exception 'trouble' using errcode = new.state, detail = 'about ' || new.secret;
          end if;
          return new;
        end $$;
        create trigger trouble before insert on trouble for each row execute function make_trouble();
      `),
    )

    const insert = { name: 'insert-trouble', text: 'insert into trouble values ($1, $2, $3)' }
    const triesOf = async (work: () => Promise<unknown>): Promise<number> => {
      await bench.rows('alter sequence tries restart')
      await work()
      const [row] = await bench.rows<{ tries: number }>(`select nextval('tries')::int - 1 as tries`)
      return row?.tries ?? Number.NaN
    }

    for (const state of ['40001', '40P01']) {
      it(`repeats a statement that lost a race (${state}), three times at most`, () =>
        withDatabase({}, async database => {
          const tries = await triesOf(() => database.query(insert, [state, 3, newAddress()]))
          assert.equal(tries, 4)
        }))

      it(`is Unavailable when it loses a fourth time (${state})`, () =>
        withDatabase({}, async database => {
          const secret = newAddress()
          const tries = await triesOf(() =>
            assert.rejects(database.query(insert, [state, 100, secret]), unavailableWithout(secret)),
          )
          assert.equal(tries, 4)
          assert.deepEqual(await bench.rows('select from trouble where secret = $1', [secret]), [])
        }))
    }

    for (const [what, state] of [
      ['no disk', '53100'],
      ['no memory', '53200'],
      ['too many connections', '53300'],
      ['being shut down', '57P01'],
      ['starting up', '57P03'],
      ['cancelled', '57014'],
      ['read-only', '25006'],
    ]) {
      it(`is Unavailable at once, without a detail, when the server cannot serve: ${what} (${state})`, () =>
        withDatabase({}, async database => {
          const secret = newAddress()
          const tries = await triesOf(() =>
            assert.rejects(database.query(insert, [state, 100, secret]), unavailableWithout(secret)),
          )
          assert.equal(tries, 1)
        }))
    }

    it('throws a violated constraint as it is, but without the values of the row', () =>
      withDatabase({}, async database => {
        const secret = newAddress()
        await database.query(insert, ['none', 0, secret])
        for (const [value, code] of [
          [secret, '23505'],
          ['forbidden', '23514'],
        ]) {
          await assert.rejects(database.query(insert, ['none', 0, value]), error => {
            assert.ok(error instanceof Error && !(error instanceof Unavailable))
            assert.equal((error as { code?: string }).code, code)
            assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(`${value}`))
            return true
          })
        }
      }))

    it('says nothing about addresses and hashes when a registration breaks a constraint', async () => {
      const first = await bench.register()
      const second = registration({ userId: first.userId, passwordHash: 'a-hash-nobody-may-see' })
      await assert.rejects(bench.statements.storeRegistration(second), error => {
        assert.ok(error instanceof Error && !(error instanceof Unavailable))
        assert.match(error.message, /users_pkey/)
        const everything = inspect(error, { depth: 9, showHidden: true })
        for (const value of [second.email, second.passwordHash, second.codeId, second.userId]) {
          assert.ok(!everything.includes(value), everything)
        }
        return true
      })
    })
  })

  const untilRunning = async (text: string): Promise<void> => {
    const running = `select from pg_stat_activity where state = 'active' and query = $1`
    while ((await bench.rows(running, [text])).length === 0);
  }

  const end = (text: string) =>
    bench.rows('select pg_cancel_backend(pid) from pg_stat_activity where query = $1', [text])
})
