import type { Database } from '../../src/infrastructure/postgres/database.ts'
import { statementsOn } from '../../src/infrastructure/postgres/statements.ts'

/** The statements of the service, with limits that one machine does not run into. */
export const benchStatements = (database: Database, hashAddress: (email: string) => Buffer) =>
  statementsOn(database, {
    hashAddress,
    sendsBudget: { spacingSeconds: 0, perHour: 5, perDay: 10 },
    codeTtlSeconds: 3600,
    traceParent: () => undefined,
    leaseSeconds: 10,
    loginFailuresPerDay: 100,
    giveUpMailAfterSeconds: 3600,
  })
