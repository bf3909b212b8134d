import { v7 as newId } from 'uuid'
import { carryAtOnce } from '../application/carry-at-once.ts'
import { countOutcomes } from '../application/count-outcomes.ts'
import type { Courier } from '../application/courier.ts'
import { createRecentAddresses } from '../application/recent-addresses.ts'
import { createUseCases } from '../application/use-cases.ts'
import { untilNextStep } from '../application/waiting.ts'
import { createServer } from '../http/server.ts'
import { createAdmission } from '../infrastructure/crypto/hash-admission.ts'
import { type Keyring, sameCode } from '../infrastructure/crypto/keyring.ts'
import { createPasswordHashing } from '../infrastructure/crypto/password-hashing.ts'
import { type ComposeMail, senderName } from '../infrastructure/mail/compose.ts'
import { languagesOf, type Templates } from '../infrastructure/mail/templates.ts'
import { traced } from '../infrastructure/tracing/traced.ts'
import type { Building } from './building.ts'
import type { Observed } from './observation.ts'
import type { Stores } from './stores.ts'

/** Longer than a quiet registration takes while nobody waits: then all of them take the same time. */
const QUIET_STEP_MS = 250

type Served = {
  stores: Stores
  keyring: Keyring
  courier: Courier
  templates: Templates
  compose: ComposeMail
  mailboxUrl: string | undefined
  isDraining: () => boolean
}

/** What people may ask of the service, over HTTP. Nothing listens yet. */
export const buildServer = async (building: Building, observed: Observed, served: Served) => {
  const { config, log, version } = building
  const { metrics, tracing } = observed
  const { templates, compose } = served
  const { hasRoom, ...hashing } = await provideHashing(building, observed)
  const useCases = buildUseCases(building, observed, { ...served, ...hashing })
  return createServer({
    useCases: countOutcomes(useCases, metrics.countOutcome),
    observeRequest: metrics.observeRequest,
    traceRequest: tracing.traceRequest,
    languages: languagesOf(templates),
    web: {
      publicUrl: config.publicUrl,
      sender: senderName(config.mailFrom),
      subject: locale => compose({ locale, content: { kind: 'activation_code', code: '' } }).subject,
      mailboxUrl: served.mailboxUrl,
      afterActivationUrl: config.afterActivationUrl,
    },
    isDraining: served.isDraining,
    databaseAnswers: observed.database.answers,
    hasRoomToHash: hasRoom,
    log,
    trustProxy: config.trustProxy,
    publicUrl: config.publicUrl,
    docs: config.docsEnabled,
    version,
  })
}

const provideHashing = async ({ config, standIns }: Building, { metrics, tracing }: Observed) => {
  const { admit, hasRoom, load } = createAdmission({
    concurrency: config.hashConcurrency,
    queueMs: config.hashQueueMs,
    observer: metrics,
  })
  metrics.readHashing(load)
  const { hashPassword, verifyPassword } =
    standIns.hashing ?? (await createPasswordHashing(admit, config.argon2))
  return {
    hasRoom,
    hashPassword: traced(tracing, 'hash-password', hashPassword),
    verifyPassword: traced(tracing, 'verify-password', verifyPassword),
  }
}

type Hashing = Omit<Awaited<ReturnType<typeof provideHashing>>, 'hasRoom'>

const buildUseCases = (
  { config }: Building,
  { audit, tracing }: Observed,
  { stores, keyring, courier, hashPassword, verifyPassword }: Served & Hashing,
) =>
  createUseCases(
    {
      ...stores.statements,
      ...stores.limits,
      storeRegistration: carryAtOnce({
        store: stores.statements.storeRegistration,
        courier,
        traceParent: tracing.traceParent,
        outside: tracing.outside,
      }),
      recentAddresses: createRecentAddresses(),
      hashPassword,
      verifyPassword,
      newId,
      newCodeId: keyring.newCodeId,
      deriveCode: keyring.deriveCode,
      sameCode,
      wakeCourier: courier.wake,
      evenOut: untilNextStep(QUIET_STEP_MS),
      now: () => performance.now(),
      audit,
    },
    { hideRegisteredEmails: config.hideRegisteredEmails },
  )
