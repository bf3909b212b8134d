import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { v7 as newId } from 'uuid'
import type { Statement } from '../../src/infrastructure/postgres/database.ts'
import { purgeLedger } from '../../src/infrastructure/postgres/purge.ts'
import { newAddress } from '../support/client.ts'
import { type Bench, GIVE_UP_SECONDS, hashAddress, keyring, startBench } from '../support/fixtures.ts'
import { closeAndCountDeadlocks, whileAnotherCommits } from '../support/sessions.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const CONNECTIONS = 16

describe('purgeLedger', () => {
  const STRETCH = 10_000
  const IDLE_SECONDS = 2 * DAY + GIVE_UP_SECONDS
  let bench: Bench
  before(async () => {
    bench = await startBench({ poolMax: CONNECTIONS })
  })
  after(async () => {
    assert.equal(await closeAndCountDeadlocks(bench), 0)
  })

  /** A ledger row that nobody has touched for so long. */
  const untouched = async (seconds: number, wrongGuesses = 0): Promise<string> => {
    const email = newAddress()
    await bench.setLedger(email, { wrongGuesses, sentSecondsAgo: [seconds] })
    await bench.rows(
      'update address_ledger set touched_at = now() - make_interval(secs => $2) where address_hash = $1',
      [hashAddress(email), seconds],
    )
    return email
  }

  const rows: [what: string, seconds: number, wrongGuesses: number, kept: boolean][] = [
    ['without wrong guesses for as long as a mail may still be on its way', IDLE_SECONDS - MINUTE, 0, true],
    ['without wrong guesses no longer than that', IDLE_SECONDS + MINUTE, 0, false],
    ['with a wrong guess when it has been idle', IDLE_SECONDS + MINUTE, 1, true],
    ['with a wrong guess for a year', 366 * DAY, 1, true],
    ['with many wrong guesses for 400 days', 400 * DAY - MINUTE, 1000, true],
    ['with many wrong guesses no longer than that', 400 * DAY + MINUTE, 1000, false],
  ]
  for (const [what, seconds, wrongGuesses, kept] of rows) {
    it(`keeps a row ${what}`, async () => {
      const email = await untouched(seconds, wrongGuesses)
      assert.equal(await bench.statements.purgeLedger(undefined), undefined)
      assert.equal((await bench.ledgerOf(email))?.wrong_guesses, kept ? wrongGuesses : undefined)
    })
  }

  const touches: [what: string, touch: (email: string) => Promise<unknown>][] = [
    ['mail was sent', email => bench.register({ email })],
    ['a login failed', email => bench.statements.countLoginFailure(email)],
    [
      'a code was guessed wrong',
      async email => {
        const { user, userId } = await bench.register({ email })
        await untouch(email)
        await bench.expireCode(userId, 60)
        await bench.statements.countGuess(user)
      },
    ],
    [
      'it was activated',
      async email => {
        const registered = await bench.register({ email })
        await untouch(email)
        await bench.statements.consumeCode({ ...registered, eventId: newId() })
      },
    ],
    [
      'a code was sent again',
      async email => {
        const registered = await bench.register({ email })
        await untouch(email)
        await bench.statements.replaceCode({ ...registered, codeId: keyring.newCodeId(), mailId: newId() })
      },
    ],
  ]
  const untouch = (email: string) =>
    bench.rows(
      `update address_ledger set touched_at = now() - interval '1000 days' where address_hash = $1`,
      [hashAddress(email)],
    )
  for (const [what, touch] of touches) {
    it(`keeps a row for long enough after ${what}`, async () => {
      const email = await untouched(1000 * DAY)
      await touch(email)
      await bench.statements.purgeLedger(undefined)
      assert.ok(await bench.ledgerOf(email))
    })
  }

  it('does not delete a row that is being used again', async () => {
    const email = await untouched(1000 * DAY)
    const hash = hashAddress(email).toString('hex')
    await whileAnotherCommits(
      bench,
      `update address_ledger set touched_at = now(), wrong_guesses = 5 where address_hash = '\\x${hash}'`,
      () => bench.statements.purgeLedger(undefined),
    )
    assert.equal((await bench.ledgerOf(email))?.wrong_guesses, 5)
  })

  it('walks along the table one stretch at a time, and says where the end is', async () => {
    await bench.rows('truncate address_ledger')
    await fill(2 * STRETCH + 500)
    const first = await bench.statements.purgeLedger(undefined)
    assert.ok(first)
    assert.equal(await size(), STRETCH + 500)
    const [beyond] = await bench.rows('select min(address_hash) as hash from address_ledger')
    assert.ok(Buffer.compare(beyond?.hash as Buffer, first) > 0, 'the stretch was the first one')

    const second = await bench.statements.purgeLedger(first)
    assert.ok(second && Buffer.compare(second, first) > 0)
    assert.equal(await size(), 500)
    assert.equal(await bench.statements.purgeLedger(second), undefined)
    assert.equal(await size(), 0)
  })

  it('goes on behind a stretch in which nothing was to delete', async () => {
    await bench.rows('truncate address_ledger')
    await fill(STRETCH + 500)
    await bench.rows(
      `update address_ledger set touched_at = now() where address_hash in
         (select address_hash from address_ledger order by address_hash limit ${STRETCH})`,
    )
    const first = await bench.statements.purgeLedger(undefined)
    assert.ok(first)
    assert.equal(await size(), STRETCH + 500)
    assert.equal(await bench.statements.purgeLedger(first), undefined)
    assert.equal(await size(), STRETCH)
  })

  it('leaves the rows that still count, and no others, when 16 purges run at once', async () => {
    await bench.rows('truncate address_ledger')
    await fill(3 * STRETCH)
    const kept = [await untouched(HOUR), await untouched(366 * DAY, 3)]
    const walk = async (): Promise<void> => {
      let end = await bench.statements.purgeLedger(undefined)
      while (end) end = await bench.statements.purgeLedger(end)
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, walk))
    assert.equal(await size(), kept.length)
    for (const email of kept) assert.ok(await bench.ledgerOf(email))
  })

  it('reads no more of the table than its stretch', async () => {
    await bench.rows('truncate address_ledger')
    await fill(10 * STRETCH)
    await bench.rows('analyze address_ledger')
    const asked: [statement: Statement, values: unknown[]][] = []
    const listening: typeof bench.database = {
      ...bench.database,
      query: async (statement, values = []) => {
        asked.push([statement, values])
        return []
      },
    }
    await purgeLedger(listening, GIVE_UP_SECONDS)(undefined)
    const [[statement, values] = []] = asked
    const plan = await bench.rows<{ 'QUERY PLAN': string }>(`explain ${statement?.text}`, values)
    assert.doesNotMatch(plan.map(line => line['QUERY PLAN']).join('\n'), /Seq Scan on address_ledger/)
  })

  const fill = (count: number) =>
    bench.rows(
      `insert into address_ledger (address_hash, touched_at)
       select sha256(n::text::bytea), now() - interval '3 days' from generate_series(1, $1::int) as n`,
      [count],
    )

  const size = async (): Promise<unknown> =>
    (await bench.rows('select count(*)::int as count from address_ledger'))[0]?.count
})
