import type { Audit } from '../application/audit.ts'
import { traceField } from '../domain/trace-parent.ts'

/**
 * Writes security events as lines of the log. An address stands there as the hash under which the ledger knows
 * it, in hexadecimal: enough to follow one address through the log and into the ledger, not to learn it.
 */
export const auditLog =
  (log: { info: (fields: object, message: string) => void }, hashAddress: (email: string) => Buffer): Audit =>
  ({ event, email, userId, replacedUserId, messageId, network, correlationId, traceParent, limit, by }) => {
    log.info(
      {
        audit: event,
        ...(email !== undefined && { address: hashAddress(email).toString('hex') }),
        ...(userId !== undefined && { user_id: userId }),
        ...(replacedUserId !== undefined && { replaced_user_id: replacedUserId }),
        ...(messageId !== undefined && { message_id: messageId }),
        ...(limit !== undefined && { limit }),
        ...(network !== undefined && { network }),
        ...(by !== undefined && { by }),
        ...(correlationId !== undefined && { correlation_id: correlationId }),
        ...traceField(traceParent),
      },
      'security event',
    )
  }
