import type { SendsBudget } from '../../domain/budget.ts'
import { claimMessages } from './claim-messages.ts'
import { consumeCode } from './consume-code.ts'
import { countGuess } from './count-guess.ts'
import type { Database } from './database.ts'
import { explainDeadCode } from './explain-dead-code.ts'
import { findAccount } from './find-account.ts'
import { renewPasswordHash } from './renew-password-hash.ts'
import { replaceCode } from './replace-code.ts'
import { settleMessages } from './settle-messages.ts'
import { storeRegistration } from './store-registration.ts'

/** Every statement of the service, on one database, by the name of the port that it implements. */
export const statementsOn = (
  database: Database,
  settings: {
    hashAddress: (email: string) => Buffer
    sendsBudget: SendsBudget
    codeTtlSeconds: number
    leaseSeconds: number
  },
) => ({
  storeRegistration: storeRegistration(database, settings.hashAddress, settings.sendsBudget),
  findAccount: findAccount(database),
  renewPasswordHash: renewPasswordHash(database),
  countGuess: countGuess(database, settings.hashAddress),
  consumeCode: consumeCode(database, settings.hashAddress),
  explainDeadCode: explainDeadCode(database),
  replaceCode: replaceCode(database, settings.hashAddress, settings.sendsBudget),
  claimMessages: claimMessages(database, settings.leaseSeconds),
  settleMessages: settleMessages(database, settings.codeTtlSeconds),
})
