import assert from 'node:assert/strict'
import type { GuessCounter } from '../../src/infrastructure/redis/guess-counter.ts'
import { hashAddress } from './fixtures.ts'
import type { Model } from './model-rules.ts'
import { hashOf, type Lane, PASSWORDS } from './model-world.ts'

/** A row of each kind is a list; times are seconds on the clock of the test. */
const stored = {
  name: 'model-state',
  text: `
with clock as (select $1::float8 as start)
select
  (
    select coalesce(jsonb_agg(jsonb_build_array(
      email, id, password_hash, activated_at is not null, extract(epoch from created_at)::float8 - start,
      code_guesses, code_id, case when code_id is not null then code_length end,
      extract(epoch from code_expires_at)::float8 - start
    )), '[]') from users
  ) as users,
  (
    select coalesce(jsonb_agg(jsonb_build_array(
      encode(address_hash, 'hex'), wrong_guesses,
      array(
        select extract(epoch from sent)::float8 - start
        from unnest(sent_at) with ordinality as sends (sent, place) order by place
      ),
      extract(epoch from touched_at)::float8 - start
    )), '[]') from address_ledger
  ) as ledgers,
  (
    select coalesce(jsonb_agg(jsonb_build_array(
      id, user_id, payload->>'code_id', extract(epoch from due_at)::float8 - start, attempts
    )), '[]') from outbox where topic = 'mail'
  ) as mails,
  (
    select coalesce(jsonb_agg(jsonb_build_array(payload->>'type', user_id)), '[]')
    from outbox where topic = 'event'
  ) as events
from clock`,
}

/** Their places in a row of a user. */
const [GUESSES, CODE_ID] = [5, 6]

type Rows = unknown[][]
type State = { users: Rows; ledgers: Rows; mails: Rows; events: Rows }

/** Compares every row there is with what the model holds. */
export const compareState = async (model: Model, { bench, clock, counter }: Lane): Promise<void> => {
  const [state] = await bench.database.query<State>(stored, [clock.startSeconds])
  assert.ok(state)
  const expected = stateOf(model)
  if (counter) {
    await compareCounts(expected.users, counter)
    expected.users = expected.users.map(withGuessesElsewhere)
  }
  assert.deepEqual(inOrder(state), inOrder(expected))
}

/** Where guesses are counted elsewhere, the counter knows those at every code that there still is. */
const compareCounts = async (users: Rows, counter: GuessCounter): Promise<void> => {
  const withCode = users.filter(row => row[CODE_ID] !== null)
  const counted = await counter.counted(withCode.map(row => String(row[CODE_ID])))
  assert.deepEqual(
    counted,
    withCode.map(row => row[GUESSES]),
  )
}

/** And the database knows only of a code that it is exhausted. */
const withGuessesElsewhere = (row: unknown[]): unknown[] => row.with(GUESSES, row[GUESSES] === 3 ? 3 : 0)

const stateOf = (model: Model): State => ({
  users: model.addresses.flatMap(({ email, user }) => {
    if (!user) return []
    const { id, actor, active, createdAt, guesses } = user
    const code = user.code?.givenUp ? undefined : user.code
    const ofCode = [code?.id ?? null, code?.digits.length ?? null, code?.expiresAt ?? null]
    return [[email, id, hashOf(PASSWORDS[actor]), active, createdAt, guesses, ...ofCode]]
  }),
  ledgers: model.addresses.flatMap(({ email, ledger }) =>
    ledger ? [[hashAddress(email).toString('hex'), ledger.wrongGuesses, ledger.sends, ledger.touchedAt]] : [],
  ),
  mails: model.mails.map(({ id, userId, codeId, dueAt, attempts }) => [id, userId, codeId, dueAt, attempts]),
  events: model.events.map(({ type, userId }) => [type, userId]),
})

const inOrder = (state: State) =>
  Object.fromEntries(
    Object.entries(state).map(([kind, rows]) => [kind, rows.map(row => JSON.stringify(row)).toSorted()]),
  )
