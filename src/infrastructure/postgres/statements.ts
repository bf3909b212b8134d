import type { SendsBudget } from '../../domain/budget.ts'
import { bringForward } from './bring-forward.ts'
import { claimMessages } from './claim-messages.ts'
import { consumeCode } from './consume-code.ts'
import { countGuess } from './count-guess.ts'
import { countLoginFailure } from './count-login-failure.ts'
import type { Database } from './database.ts'
import { explainDeadCode } from './explain-dead-code.ts'
import { findAccount } from './find-account.ts'
import { guessesElsewhere } from './guesses-elsewhere.ts'
import { purgeLedger, purgePending } from './purge.ts'
import { readCodeStatus } from './read-code-status.ts'
import { renewLeases } from './renew-leases.ts'
import { renewPasswordHash } from './renew-password-hash.ts'
import { replaceCode } from './replace-code.ts'
import { settleMessages } from './settle-messages.ts'
import { registrationStatements } from './store-registration.ts'

export type StatementSettings = {
  hashAddress: (email: string) => Buffer
  sendsBudget: SendsBudget
  loginFailuresPerDay: number
  codeTtlSeconds: number
  leaseSeconds: number
  giveUpMailAfterSeconds: number
  /** Of the request that a message is enqueued for, when there are traces. */
  traceParent: () => string | undefined
}

/** Every statement of the service, on one database, by the name of the port that it implements. */
export const statementsOn = (database: Database, settings: StatementSettings) => {
  const { hashAddress, sendsBudget, loginFailuresPerDay, traceParent } = settings
  return {
    ...registrationStatements(database, settings),
    findAccount: findAccount(database, hashAddress, sendsBudget, loginFailuresPerDay),
    countLoginFailure: countLoginFailure(database, hashAddress, loginFailuresPerDay),
    renewPasswordHash: renewPasswordHash(database),
    countGuess: countGuess(database, hashAddress),
    ...guessesElsewhere(database, hashAddress),
    consumeCode: consumeCode(database, hashAddress, traceParent),
    explainDeadCode: explainDeadCode(database),
    readCodeStatus: readCodeStatus(database, hashAddress, sendsBudget),
    replaceCode: replaceCode(database, hashAddress, sendsBudget, traceParent),
    claimMessages: claimMessages(database, settings.leaseSeconds),
    bringForward: bringForward(database, settings.leaseSeconds),
    renewLeases: renewLeases(database, settings.leaseSeconds),
    settleMessages: settleMessages(database, settings.codeTtlSeconds),
    purgePending: purgePending(database),
    purgeLedger: purgeLedger(database, settings.giveUpMailAfterSeconds),
  }
}

export type Statements = ReturnType<typeof statementsOn>
