import type { ConsumeCode } from '../../application/activate-user.ts'
import type { Database } from './database.ts'
import { activation } from './ledger-sql.ts'

/** Who has a code is pending: see `count-guess`. */
const statement = {
  name: 'consume-code',
  text: activation('code_id = $6 and (code_expires_at is null or code_expires_at > now())'),
}

export const consumeCode =
  (
    database: Database,
    hashAddress: (email: string) => Buffer,
    traceParent: () => string | undefined,
  ): ConsumeCode =>
  async ({ user, codeId, eventId, correlationId }) => {
    const rows = await database.query(statement, [
      user.id,
      hashAddress(user.email),
      eventId,
      correlationId,
      traceParent(),
      codeId,
    ])
    return rows.length === 1
  }
