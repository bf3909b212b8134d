import type { FailureClass } from '../domain/failure.ts'
import { traceField } from '../domain/trace-parent.ts'
import type { Audit } from './audit.ts'
import type { ClaimedMail, HandOverResult, Message, Settlement } from './outbox.ts'

/** Counts what came of a hand-over, for the metrics. `failure` is there when one failed. */
export type CountHandOver = (handOver: {
  topic: Message['topic']
  result: Settlement['result']
  failure: FailureClass | undefined
}) => void

export type HandOverReportPorts = {
  audit: Audit
  count: CountHandOver
  log: {
    info: (fields: object, message: string) => void
    warn: (fields: object, message: string) => void
    error: (fields: object, message: string) => void
  }
}

/** Tells log, audit log and metrics what came of a hand-over, once that is settled. */
export const reportHandOver =
  (ports: HandOverReportPorts) =>
  (message: Message, result: HandOverResult, settled: Settlement): void => {
    const { topic } = message
    const failed = result.result === 'failed' ? result : undefined
    const acceptedAs = result.result === 'accepted' ? result.acceptedAs : undefined
    const fields = {
      topic,
      message_id: message.id,
      correlation_id: message.correlationId,
      ...traceField(message.traceParent),
      attempt: message.attempts,
      ...(failed && { failure: failed.failure, reason: failed.reason }),
      ...(acceptedAs !== undefined && { accepted_as: acceptedAs }),
      ...(result.result === 'lost' && { reason: 'its code is lost' }),
    }
    ports.count({ topic, result: settled.result, failure: failed?.failure })
    switch (settled.result) {
      case 'accepted':
        ports.log.info(fields, `${topic} handed over`)
        if (message.topic === 'mail') auditSent(ports.audit, message)
        break
      case 'unwanted':
        ports.log.info(fields, `${topic} dropped: nobody waits for it`)
        break
      case 'retry':
        ports.log.warn(
          { ...fields, next_in_seconds: Math.round(settled.inSeconds * 10) / 10 },
          `${topic} not handed over; trying again`,
        )
        break
      case 'given_up':
        ports.log.error(fields, `${topic} given up`)
    }
  }

const auditSent = (audit: Audit, { userId, wanted, correlationId, traceParent }: ClaimedMail): void =>
  audit({
    event: wanted?.code ? 'code_sent' : 'reminder_sent',
    userId,
    email: wanted?.email,
    correlationId,
    traceParent,
  })
