import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { v7 as newId } from 'uuid'
import type { Message } from '../../src/application/outbox.ts'
import { Unavailable } from '../../src/domain/refusals.ts'
import { countElsewhere } from '../../src/infrastructure/redis/count-elsewhere.ts'
import { memoryCounter } from '../support/code-counter.ts'
import { type Bench, keyring, type Registered, registration, startBench } from '../support/fixtures.ts'

const PLENTY = { mail: 1000, event: 1000 }

describe('codes whose guesses are counted elsewhere', () => {
  const counter = memoryCounter()
  /** Makes the counter fail, before or after it has done what it was asked. */
  let away: 'no' | 'before' | 'after' = 'no'
  const asked = async <T>(work: () => Promise<T>): Promise<T> => {
    if (away === 'before') throw new Unavailable('away')
    const answer = await work()
    if (away === 'after') throw new Unavailable('away')
    return answer
  }
  const failing = {
    create: (codeId: string) => asked(() => counter.create(codeId)),
    count: (codeId: string) => asked(() => counter.count(codeId)),
    counted: (codeIds: readonly string[]) => asked(() => counter.counted(codeIds)),
    answers: async () => away !== 'before',
  }
  let bench: Bench
  before(async () => {
    bench = await startBench({ counter: failing })
  })
  after(() => bench.close())

  const guess = ({ user }: Registered) => bench.statements.countGuess(user)
  const explain = async ({ userId }: Registered) => (await bench.statements.explainDeadCode(userId)).refusal
  const wrongGuessesAt = async ({ email }: Registered) => (await bench.ledgerOf(email))?.wrong_guesses
  const mailOf = ({ mailId }: Registered, messages: Message[]) => {
    const mail = messages.find(({ id }) => id === mailId)
    return mail?.topic === 'mail' ? mail : undefined
  }
  const whileAway = async (when: 'before' | 'after', work: () => Promise<unknown>) => {
    away = when
    try {
      await work()
    } finally {
      away = 'no'
    }
  }

  describe('when the counter has lost a code', () => {
    const registerAndLose = async (guesses = 0): Promise<Registered> => {
      const registered = await bench.register()
      for (let nth = 0; nth < guesses; nth += 1) await guess(registered)
      counter.lose(registered.codeId)
      return registered
    }

    it('it has expired, and the ledger knows every guess all the same', async () => {
      const registered = await registerAndLose(2)
      assert.equal(await guess(registered), undefined)
      assert.equal(await explain(registered), 'expired_code')
      assert.equal(await wrongGuessesAt(registered), 2)
    })

    it('it cannot be consumed any more, not even by a guess that was counted before', async () => {
      const registered = await bench.register()
      await guess(registered)
      counter.lose(registered.codeId)
      await guess(registered)
      assert.equal(await bench.statements.consumeCode({ ...registered, eventId: newId() }), false)
    })

    it('its status says so, from the first time that anybody asks', async () => {
      const registered = await registerAndLose()
      for (const _time of [1, 2]) {
        const status = await bench.statements.readCodeStatus(registered.user)
        assert.deepEqual([status?.attemptsLeft, status?.expiresInSeconds], [0, 0])
      }
      assert.ok((await bench.statements.storeRegistration(registration({ email: registered.email }))).ok)
    })

    it('the address can be registered anew as soon as somebody has noticed, and a new code be sent', async () => {
      const registered = await registerAndLose()
      await guess(registered)
      const again = await bench.register({ email: registered.email })
      assert.equal((await guess(again))?.guess, 1)

      counter.lose(again.codeId)
      const replacement = { ...again, codeId: keyring.newCodeId(), mailId: newId() }
      assert.ok((await bench.statements.replaceCode(replacement)).ok)
      assert.equal((await guess(again))?.guess, 1)
    })

    it('its mail is claimed as lost, and can be given up with the reason; nobody else is', async () => {
      const other = await bench.register()
      const lost = await registerAndLose()
      const messages = await bench.statements.claimMessages(PLENTY)
      assert.deepEqual(mailOf(other, messages)?.wanted?.code, { id: other.codeId, length: 4 })
      const mail = mailOf(lost, messages)
      assert.deepEqual(mail?.wanted, { email: lost.email, locale: 'en', code: 'lost' })

      const { userId, id, attempts } = mail as Message
      const settlement = { userId, id, attempts, result: 'given_up', reason: 'lost' } as const
      await bench.statements.settleMessages([{ ...settlement, eventId: newId() }])
      const [, event, ...more] = await bench.outboxOf(userId)
      assert.deepEqual(more, [])
      assert.deepEqual(event?.payload, {
        type: 'mail.given_up',
        email: lost.email,
        mail: 'activation_code',
        reason: 'lost',
      })
      assert.ok((await bench.statements.storeRegistration(registration({ email: lost.email }))).ok)
    })
  })

  describe('when an instance dies between counter and ledger', () => {
    it('the guess was one that was never compared: it is missing, and charged to nobody', async () => {
      const registered = await bench.register()
      await whileAway('after', () => assert.rejects(guess(registered), Unavailable))
      assert.equal(await wrongGuessesAt(registered), 0)
      assert.equal((await guess(registered))?.guess, 2)
      assert.equal(await wrongGuessesAt(registered), 1)
    })

    const useUpUnseen = async (): Promise<Registered> => {
      const registered = await bench.register()
      for (const _guess of [1, 2, 3]) {
        await whileAway('after', () => assert.rejects(guess(registered), Unavailable))
      }
      return registered
    }

    it('with the last guess, the next one finds the code exhausted, and the address free', async () => {
      const registered = await useUpUnseen()
      assert.equal(await guess(registered), undefined)
      assert.equal(await explain(registered), 'exhausted_code')
      assert.ok((await bench.statements.storeRegistration(registration({ email: registered.email }))).ok)
    })

    it('with the last guess, its mail is not sent any more, and the address is free', async () => {
      const registered = await useUpUnseen()
      assert.equal(mailOf(registered, await bench.statements.claimMessages(PLENTY))?.wanted, undefined)
      assert.equal(await explain(registered), 'exhausted_code')
      assert.ok((await bench.statements.storeRegistration(registration({ email: registered.email }))).ok)
    })
  })

  describe('when guesses overtake each other between counter and database', () => {
    it('the last one to be counted does not keep the first one from being compared', async () => {
      const registered = await bench.register()
      for (const _guess of [1, 2]) await counter.count(registered.codeId)
      assert.equal((await guess(registered))?.guess, 3)
      const { chargeGuess } = bench.statements
      assert.equal(await chargeGuess(registered.user, registered.codeId, 1), true)
      assert.equal(await wrongGuessesAt(registered), 2)
      assert.equal((await bench.userOf(registered.email))?.code_guesses, 3)
    })

    it('one at a code that is gone by then is neither charged nor compared', async () => {
      const registered = await bench.register()
      const { chargeGuess, consumeCode } = bench.statements
      const replacement = { ...registered, codeId: keyring.newCodeId(), mailId: newId() }
      await bench.statements.replaceCode(replacement)
      assert.equal(await chargeGuess(registered.user, registered.codeId, 1), false)
      assert.ok(await consumeCode({ ...replacement, eventId: newId() }))
      assert.equal(await chargeGuess(registered.user, replacement.codeId, 1), false)
      assert.equal(await wrongGuessesAt(registered), 0)
    })
  })

  describe('while the counter is away', () => {
    it('nothing is stored, charged or told', async () => {
      const registered = await bench.register()
      const { storeRegistration, storeQuietly, replaceCode, readCodeStatus } = bench.statements
      const refused = registration()
      const replacement = { ...registered, codeId: keyring.newCodeId(), mailId: newId() }
      const [user, outbox] = [await bench.userOf(registered.email), await bench.outboxOf(registered.userId)]
      await whileAway('before', async () => {
        await assert.rejects(storeRegistration(refused), Unavailable)
        await assert.rejects(storeQuietly(refused), Unavailable)
        await assert.rejects(replaceCode(replacement), Unavailable)
        await assert.rejects(guess(registered), Unavailable)
        await assert.rejects(readCodeStatus(registered.user), Unavailable)
      })
      assert.equal(await bench.userOf(refused.email), undefined)
      assert.deepEqual(await bench.userOf(registered.email), user)
      assert.deepEqual(await bench.outboxOf(registered.userId), outbox)
      assert.equal(await wrongGuessesAt(registered), 0)
    })

    it('mails are not even claimed, and events leave', async () => {
      const registered = await bench.register()
      let claimed: Message[] = []
      await whileAway('before', async () => {
        claimed = await bench.statements.claimMessages(PLENTY)
      })
      assert.equal(mailOf(registered, claimed), undefined)
      assert.ok(claimed.some(({ id }) => id === registered.eventId))
      assert.equal(mailOf(registered, await bench.statements.claimMessages(PLENTY))?.attempts, 1)
    })

    it('mails that were being claimed come back when their lease is over, and events are not held up', async () => {
      const registered = await bench.register()
      let claimed: Message[] = []
      await whileAway('after', async () => {
        claimed = await bench.statements.claimMessages(PLENTY)
      })
      assert.equal(mailOf(registered, claimed), undefined)
      assert.ok(claimed.some(({ id }) => id === registered.eventId))
      await bench.makeDue(registered.userId, 0)
      const mail = mailOf(registered, await bench.statements.claimMessages(PLENTY))
      assert.deepEqual([mail?.attempts, mail?.wanted?.email], [2, registered.email])
    })

    it('an exception of another kind is thrown as it is', async () => {
      const broken = countElsewhere(
        { ...counter, counted: () => Promise.reject(new TypeError('a bug')) },
        bench.statements,
      )
      await bench.register()
      await assert.rejects(broken.claimMessages(PLENTY), TypeError)
    })
  })
})
