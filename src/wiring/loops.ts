import { v7 as newId } from 'uuid'
import { type Courier, type CourierLimits, startCourier } from '../application/courier.ts'
import { handOverMail } from '../application/hand-over-mail.ts'
import { startPurge } from '../application/purge.ts'
import type { Keyring } from '../infrastructure/crypto/keyring.ts'
import { openPublisher } from '../infrastructure/events/open-publisher.ts'
import type { ComposeMail } from '../infrastructure/mail/compose.ts'
import { openMailTransport } from '../infrastructure/mail/open-transport.ts'
import { sendMailBy } from '../infrastructure/mail/transport.ts'
import { tracedHandOver } from '../infrastructure/tracing/traced.ts'
import type { Building } from './building.ts'
import type { Observed } from './observation.ts'
import type { Stores } from './stores.ts'

const EVENTS_AT_ONCE = 100
const COURIER = {
  spacingMs: 25,
  /** Ten statements a second settle everything; a killed process repeats what it handed over in as long. */
  settleSpacingMs: 100,
  pollMs: 1000,
  /** Two renewals may fail before a lease runs out. */
  renewLeasesMs: 3000,
} satisfies Partial<CourierLimits>
const PURGE_EVERY_MS = 60_000

/** The ways out, for mails and for events. `smtpUrl` is that of the local mailbox, when there is one. */
export const openWaysOut = (
  { config, log, running, standIns }: Building,
  { now, compose, smtpUrl }: { now: () => Date; compose: ComposeMail; smtpUrl: string | undefined },
) => {
  // The local mailbox is reached like any other SMTP server.
  const settings =
    config.mail.transport === 'mailbox' ? ({ transport: 'smtp', url: smtpUrl ?? '' } as const) : config.mail
  const mailTransport = standIns.mailTransport ?? openMailTransport(settings, config.mailTimeoutMs, now)
  running.defer(mailTransport.close)
  const publisher = openPublisher(config.events, config.publicUrl, log, now)
  running.defer(publisher.close)
  return {
    sendMail: sendMailBy(mailTransport, compose, config.mailFrom),
    mailsAtOnce: mailTransport.concurrency,
    publish: publisher.publish,
  }
}

/** Starts the loops that go on beside the requests: the courier and the purge. */
export const startLoops = (
  { config, log, running }: Building,
  { audit, metrics, tracing }: Observed,
  {
    stores: { statements },
    keyring,
    waysOut,
    stopWithinMs,
  }: {
    stores: Stores
    keyring: Keyring
    waysOut: ReturnType<typeof openWaysOut>
    stopWithinMs: number
  },
): Courier => {
  const courier = startCourier(
    {
      claim: statements.claimMessages,
      renewLeases: statements.renewLeases,
      bringForward: statements.bringForward,
      settle: statements.settleMessages,
      handOverMail: tracedHandOver(
        tracing,
        'hand over mail',
        ({ attempts }) => ({ kind: 'client', attributes: { 'vestibule.attempt': attempts } }),
        handOverMail({ deriveCode: keyring.deriveCode, sendMail: waysOut.sendMail }),
      ),
      publishEvent: tracedHandOver(
        tracing,
        'hand over event',
        ({ type }) => ({ kind: 'producer', attributes: { 'vestibule.event': type } }),
        waysOut.publish,
      ),
      audit,
      count: metrics.countHandOver,
      newId,
      log,
      monotonicSeconds: () => performance.now() / 1000,
      random: Math.random,
    },
    {
      ...COURIER,
      concurrency: { mail: waysOut.mailsAtOnce, event: EVENTS_AT_ONCE },
      giveUpMailAfterSeconds: config.mailGiveUpAfterSeconds,
    },
  )
  running.defer(() => courier.stop(stopWithinMs))
  const purge = startPurge({ ...statements, audit, log, random: Math.random }, PURGE_EVERY_MS)
  running.defer(purge.stop)
  return courier
}
