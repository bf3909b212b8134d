import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { v7 as newId } from 'uuid'
import type { GuessCounter } from '../../src/infrastructure/redis/guess-counter.ts'
import { type Bench, keyring, type Registered, registration, startBench } from './fixtures.ts'

/** Where guesses are counted: by the database itself when there is no `counter`. */
export type CodeStore = { counter?: GuessCounter; close?: () => Promise<void> }

/** Many connections, so that guesses meet in the store and not in the queue of the pool. */
const CONNECTIONS = 16

/** What the ports on codes promise, wherever guesses are counted. */
export const describeCodes = (
  where: string,
  skip: string | false,
  open: () => Promise<CodeStore> | CodeStore,
): void => {
  describe(`a code whose guesses are counted ${where}`, { skip, timeout: 60_000 }, () => {
    let store: CodeStore
    let bench: Bench
    before(async () => {
      store = await open()
      bench = await startBench({ poolMax: CONNECTIONS, counter: store.counter })
    })
    after(async () => {
      await bench?.close()
      await store?.close?.()
    })

    const guess = ({ user }: Registered) => bench.statements.countGuess(user)
    const guessTimes = async (registered: Registered, times: number) => {
      for (let nth = 0; nth < times; nth += 1) assert.ok(await guess(registered))
    }
    const wrongGuessesAt = async ({ email }: Registered) => (await bench.ledgerOf(email))?.wrong_guesses
    const statusOf = async ({ user }: Registered) => {
      const status = await bench.statements.readCodeStatus(user)
      assert.ok(status)
      const { length, attemptsLeft, expiresInSeconds } = status
      return { length, attemptsLeft, expiresInSeconds }
    }
    const explain = async ({ userId }: Registered) => {
      const refused = await bench.statements.explainDeadCode(userId)
      return refused.refusal
    }
    const resend = async (registered: Registered): Promise<Registered> => {
      const replacement = { ...registered, codeId: keyring.newCodeId(), mailId: newId() }
      assert.ok((await bench.statements.replaceCode(replacement)).ok)
      return replacement
    }
    const consume = (registered: Registered) =>
      bench.statements.consumeCode({ ...registered, eventId: newId() })
    const claimedMailOf = async ({ mailId }: Registered) => {
      const mail = (await bench.statements.claimMessages({ mail: 1000, event: 0 })).find(
        ({ id }) => id === mailId,
      )
      assert.ok(mail?.topic === 'mail')
      return mail
    }

    describe('a guess', () => {
      it('has a number up to three, and is charged to the ledger each time', async () => {
        const registered = await bench.register()
        for (const number of [1, 2, 3]) {
          const counted = { codeId: registered.codeId, codeLength: 4, guess: number }
          assert.deepEqual(await guess(registered), counted)
          assert.equal(await wrongGuessesAt(registered), number)
          assert.equal((await statusOf(registered)).attemptsLeft, 3 - number)
        }
      })

      it('is not counted after three: the code is exhausted, even when it has expired as well', async () => {
        const registered = await bench.register()
        await guessTimes(registered, 3)
        assert.equal(await guess(registered), undefined)
        assert.equal(await explain(registered), 'exhausted_code')
        await bench.expireCode(registered.userId, -1)
        assert.equal(await guess(registered), undefined)
        assert.equal(await explain(registered), 'exhausted_code')
        assert.equal(await wrongGuessesAt(registered), 3)
      })

      it('counts before the mail is accepted, and within the minute', async () => {
        const registered = await bench.register()
        assert.equal((await statusOf(registered)).expiresInSeconds, undefined)
        assert.equal((await guess(registered))?.guess, 1)
        await bench.expireCode(registered.userId, 30)
        assert.equal((await guess(registered))?.guess, 2)
      })

      it('counts on a ledger row that has gone meanwhile', async () => {
        const registered = await bench.register()
        await bench.rows('delete from address_ledger')
        assert.equal((await guess(registered))?.guess, 1)
        assert.equal(await wrongGuessesAt(registered), 1)
      })

      it('counts nothing for others', async () => {
        const [one, other] = [await bench.register(), await bench.register()]
        await guess(one)
        assert.equal((await statusOf(other)).attemptsLeft, 3)
        assert.equal(await wrongGuessesAt(other), 0)
      })

      it('at the same time as 49 others is counted for three of them', async () => {
        const registered = await bench.register()
        const counted = await Promise.all(Array.from({ length: 50 }, () => guess(registered)))
        const numbers = counted.flatMap(one => (one ? [one.guess] : []))
        assert.deepEqual(numbers.toSorted(), [1, 2, 3])
        assert.equal(await wrongGuessesAt(registered), 3)
        assert.equal(await explain(registered), 'exhausted_code')
        assert.equal((await statusOf(registered)).attemptsLeft, 0)
      })

      const deadCodes: [
        state: string,
        refusal: string,
        kill: (registered: Registered) => Promise<unknown>,
      ][] = [
        ['an expired code', 'expired_code', ({ userId }) => bench.expireCode(userId, -1)],
        ['a code that expires now', 'expired_code', ({ userId }) => bench.expireCode(userId, 0)],
        [
          'a code that was given up',
          'expired_code',
          ({ userId }) => bench.rows('update users set code_id = null where id = $1', [userId]),
        ],
        ['an active account', 'already_active', consume],
        [
          'a registration that was purged',
          'expired_code',
          ({ userId }) => bench.rows('delete from users where id = $1', [userId]),
        ],
      ]
      for (const [state, refusal, kill] of deadCodes) {
        it(`is not counted at ${state}: ${refusal}`, async () => {
          const registered = await bench.register()
          await kill(registered)
          assert.equal(await guess(registered), undefined)
          assert.equal(await explain(registered), refusal)
          assert.equal(await wrongGuessesAt(registered), 0)
        })
      }
    })

    describe('a code that is sent anew', () => {
      it('has three guesses of its own, and those at the one before stay in the ledger', async () => {
        const registered = await bench.register()
        await guessTimes(registered, 2)
        const replaced = await resend(registered)
        assert.equal((await statusOf(replaced)).attemptsLeft, 3)
        const counted = { codeId: replaced.codeId, codeLength: 4, guess: 1 }
        assert.deepEqual(await guess(registered), counted)
        assert.equal(await wrongGuessesAt(registered), 3)
      })

      it('brings back a user whose code was dead', async () => {
        const registered = await bench.register()
        await guessTimes(registered, 3)
        await resend(registered)
        assert.equal((await guess(registered))?.guess, 1)
        await bench.expireCode(registered.userId, -1)
        await resend(registered)
        assert.equal((await guess(registered))?.guess, 1)
      })

      it('replaces the one before, which cannot be consumed then', async () => {
        const registered = await bench.register()
        const replaced = await resend(registered)
        assert.equal(await consume(registered), false)
        assert.equal(await consume(replaced), true)
      })

      it('is not guessed at by a guess that was counted at the one before', async () => {
        const registered = await bench.register()
        const counted = await guess(registered)
        await resend(registered)
        assert.equal(await consume({ ...registered, codeId: counted?.codeId ?? '' }), false)
      })

      for (const [wrongGuesses, digits] of [
        [9, 4],
        [10, 6],
        [99, 6],
        [100, 8],
      ] as const) {
        it(`has ${digits} digits after ${wrongGuesses} wrong guesses at the address`, async () => {
          const registered = await bench.register()
          await bench.setLedger(registered.email, { wrongGuesses: wrongGuesses - 1 })
          await guess(registered)
          await resend(registered)
          assert.equal((await guess(registered))?.codeLength, digits)
          assert.equal((await statusOf(registered)).length, digits)
        })
      }
    })

    describe('a new registration of the address', () => {
      const again = ({ email }: Registered) => bench.statements.storeRegistration(registration({ email }))

      it('is refused while a guess is left', async () => {
        const registered = await bench.register()
        await guessTimes(registered, 2)
        assert.deepEqual(await again(registered), { ok: false, refusal: 'email_taken' })
        assert.equal((await guess(registered))?.guess, 3)
      })

      it('takes the place of one whose code is exhausted, with guesses of its own', async () => {
        const registered = await bench.register()
        await guessTimes(registered, 3)
        const second = await bench.register({ email: registered.email })
        assert.equal((await guess(second))?.guess, 1)
        assert.equal(await guess(registered), undefined)
        assert.equal(await wrongGuessesAt(second), 4)
      })

      it('takes the place of one whose code has expired', async () => {
        const registered = await bench.register()
        await bench.expireCode(registered.userId, -1)
        assert.ok((await again(registered)).ok)
      })

      it('can be made quietly; guesses at its code are counted', async () => {
        const input = registration()
        const stored = await bench.statements.storeQuietly(input)
        assert.ok(stored.result === 'registered')
        assert.equal((await bench.statements.countGuess(stored.user))?.guess, 1)
      })
    })

    describe('the right code', () => {
      it('is consumed once, and forgives the wrong guesses of the address', async () => {
        const registered = await bench.register()
        await guessTimes(registered, 3)
        assert.equal(await consume(registered), true)
        assert.equal(await wrongGuessesAt(registered), 0)
        assert.equal(await consume(registered), false)
        assert.equal(await guess(registered), undefined)
        assert.equal(await explain(registered), 'already_active')
        assert.equal(await bench.statements.readCodeStatus(registered.user), undefined)
        const types = (await bench.outboxOf(registered.userId)).flatMap(({ payload }) =>
          'type' in payload ? [payload.type] : [],
        )
        assert.deepEqual(types, ['user.registered', 'user.activated'])
      })

      it('that 16 bring at once is consumed by one', async () => {
        const registered = await bench.register()
        const activate = async () => ((await guess(registered)) ? consume(registered) : false)
        const activated = await Promise.all(Array.from({ length: 16 }, activate))
        assert.equal(activated.filter(Boolean).length, 1)
        assert.equal(await wrongGuessesAt(registered), 0)
      })

      it('is not consumed when its minute is over', async () => {
        const registered = await bench.register()
        await guess(registered)
        await bench.expireCode(registered.userId, -1)
        assert.equal(await consume(registered), false)
        assert.deepEqual(await statusOf(registered), { length: 4, attemptsLeft: 2, expiresInSeconds: 0 })
      })
    })

    describe('the mail of a code', () => {
      it('is wanted while a guess is left', async () => {
        const registered = await bench.register()
        await guessTimes(registered, 2)
        const { wanted } = await claimedMailOf(registered)
        assert.deepEqual(wanted?.code, { id: registered.codeId, length: 4 })
      })

      it('is unwanted when its code is exhausted', async () => {
        const registered = await bench.register()
        await guessTimes(registered, 3)
        assert.equal((await claimedMailOf(registered)).wanted, undefined)
      })

      it('begins the minute when it is accepted', async () => {
        const registered = await bench.register()
        const { userId, id, attempts } = await claimedMailOf(registered)
        await guess(registered)
        await bench.statements.settleMessages([{ userId, id, attempts, result: 'accepted', secondsAgo: 0 }])
        const { attemptsLeft, expiresInSeconds } = await statusOf(registered)
        assert.equal(attemptsLeft, 2)
        assert.ok(expiresInSeconds && expiresInSeconds > 30 && expiresInSeconds <= 60)
        assert.equal((await guess(registered))?.guess, 2)
      })
    })
  })
}
