import type { ClaimedMail, ClaimMessages, Message, WantedMail } from '../../application/outbox.ts'
import { GUESSES_PER_CODE } from '../../domain/activation-code.ts'
import { Unavailable } from '../../domain/refusals.ts'
import type { Statements } from '../postgres/statements.ts'
import type { GuessCounter } from './guess-counter.ts'

/**
 * The statements on codes, with the guesses counted by `counter` instead of the database. Everything else about a
 * code stays in the database: which one it is, its length, its minute, and the ledger.
 *
 * A record is made before the statement that makes its code: one that belongs to no code costs nothing but memory.
 * A code whose record is lost has run out. Whatever the counter knows to be dead, the database is told when it is
 * noticed, since it goes by its own row to explain, to register anew and to purge.
 */
export const countElsewhere = (counter: GuessCounter, statements: Statements) => {
  const { findLiveCode, chargeGuess, exhaustCode, expireCode } = statements

  const countGuess: Statements['countGuess'] = async user => {
    const code = await findLiveCode(user.id)
    if (!code) return undefined
    const guess = await counter.count(code.codeId)
    if (guess === 'lost') await expireCode(user.id, code.codeId)
    // Whoever made the last guess may have died before the database knew.
    else if (guess === 'exhausted') await exhaustCode(user.id, code.codeId)
    else if (await chargeGuess(user, code.codeId, guess)) return { ...code, guess }
    return undefined
  }

  const readCodeStatus: Statements['readCodeStatus'] = async user => {
    const status = await statements.readCodeStatus(user)
    if (status?.codeId === undefined || status.attemptsLeft === 0) return status
    const [guesses] = await counter.counted([status.codeId])
    if (typeof guesses === 'number') return { ...status, attemptsLeft: GUESSES_PER_CODE - guesses }
    await expireCode(user.id, status.codeId)
    return { ...status, attemptsLeft: 0, expiresInSeconds: 0 }
  }

  /**
   * While the counter is away events leave, and mails wait: whoever got one could do nothing with it. Those that
   * it goes away under come back when their lease runs out.
   */
  const claimMessages: ClaimMessages = async limits => {
    const mail = (await counter.answers()) ? limits.mail : 0
    const messages = await statements.claimMessages({ ...limits, mail })
    try {
      return await withoutDeadCodes(messages)
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      return messages.filter(({ topic }) => topic === 'event')
    }
  }

  async function withoutDeadCodes(messages: Message[]): Promise<Message[]> {
    const mails = messages.filter(carriesCode)
    if (mails.length === 0) return messages
    const counted = await counter.counted(mails.map(({ wanted }) => wanted.code.id))
    const judged = await Promise.all(mails.map((mail, index) => judge(mail, counted[index])))
    const judgedById = new Map(judged.map(mail => [mail.id, mail]))
    return messages.map(message => judgedById.get(message.id) ?? message)
  }

  async function judge(mail: CodeMail, guesses: number | 'lost' | undefined): Promise<ClaimedMail> {
    const { userId, wanted } = mail
    if (guesses === 'lost') return { ...mail, wanted: { ...wanted, code: 'lost' } }
    if (guesses !== GUESSES_PER_CODE) return mail
    await exhaustCode(userId, wanted.code.id)
    return { ...mail, wanted: undefined }
  }

  return {
    ...statements,
    storeRegistration: async (registration, leased) => {
      await counter.create(registration.codeId)
      return statements.storeRegistration(registration, leased)
    },
    storeQuietly: async registration => {
      await counter.create(registration.codeId)
      return statements.storeQuietly(registration)
    },
    replaceCode: async replacement => {
      await counter.create(replacement.codeId)
      return statements.replaceCode(replacement)
    },
    countGuess,
    readCodeStatus,
    claimMessages,
  } satisfies Statements
}

/** A mail that brings somebody a code. */
type CodeMail = ClaimedMail & { wanted: WantedMail & { code: { id: string } } }

const carriesCode = (message: Message): message is CodeMail =>
  message.topic === 'mail' && typeof message.wanted?.code === 'object'
