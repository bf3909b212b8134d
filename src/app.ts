import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'
import { createKeyring } from './infrastructure/crypto/keyring.ts'
import { createLog } from './infrastructure/log.ts'
import { createComposer } from './infrastructure/mail/compose.ts'
import { readTemplates } from './infrastructure/mail/templates.ts'
import { type Building, packageVersion, type StandIns } from './wiring/building.ts'
import { openWaysOut, startLoops } from './wiring/loops.ts'
import { openObservedDatabase, serveMetrics } from './wiring/observation.ts'
import { providePrerequisites } from './wiring/prerequisites.ts'
import { buildServer } from './wiring/serving.ts'
import { openStores } from './wiring/stores.ts'

export type { StandIns } from './wiring/building.ts'

export type App = {
  /** Brings everything up and returns where it can be reached. Throws, with nothing left running, if it cannot. */
  start: () => Promise<Addresses>
  /**
   * Drains: is not ready any more, which in production balancers get a moment to see; answers what is being
   * asked, hands over and settles what is being mailed, then closes; at most 10 s. Mail that is still on its way
   * then is handed over again by whoever comes next, with the same code.
   */
  stop: () => Promise<void>
}

export type Addresses = {
  /** Where this process listens. */
  api: string
  /** The local mailbox page, when there is one. */
  mailbox: string | undefined
  /** True when the database came along with the process. */
  embeddedDatabase: boolean
}

/**
 * Together they stay below the 10 s that orchestrators give before they kill. The notice is for balancers: time
 * to see that the service is not ready, while it still answers.
 */
const DRAIN_NOTICE_MS = 2500
const DRAIN_REQUESTS_MS = 3500
const DRAIN_COURIER_MS = 3500
/** Whatever still hangs then, a query on a dead connection for one, is left behind. */
const DRAIN_MS = 9750

/** Builds Vestibule from its parts, top to bottom. `dataDir` is where the embedded database lives. */
export const createApp = (config: Config, dataDir: string, standIns: StandIns = {}): App => {
  const log = standIns.log ?? createLog({ level: config.logLevel, format: config.logFormat })
  const running = new AsyncDisposableStack()
  const building: Building = { config, dataDir, log, running, standIns, version: packageVersion() }
  let draining = false

  const start = async (): Promise<Addresses> => {
    const templates = readTemplates(config.mailTemplatesDir, config.defaultLocale)
    const { mailFrom: from, codeTtlSeconds } = config
    const compose = createComposer(templates, { from, codeTtlSeconds })

    const { mailbox, ...servers } = await providePrerequisites(building)
    const mailboxUrl = mailbox?.pageUrl
    const keyring = createKeyring(servers.secretKey, config.secretKeyPrevious)
    const observed = await openObservedDatabase(building, servers)
    const stores = await openStores(building, observed)
    const waysOut = openWaysOut(building, { now: observed.now, compose, smtpUrl: mailbox?.smtpUrl })
    await serveMetrics(building, observed.metrics)
    const stopWithinMs = DRAIN_COURIER_MS
    const courier = startLoops(building, observed, { stores, keyring, waysOut, stopWithinMs })
    const isDraining = () => draining
    const served = { stores, keyring, courier, templates, compose, mailboxUrl, isDraining }
    const server = await buildServer(building, observed, served)
    running.defer(() => closeWithin(server, DRAIN_REQUESTS_MS))
    await listen(server, config)
    return {
      api: addressOf(server, config.host),
      mailbox: mailboxUrl,
      embeddedDatabase: config.databaseUrl === undefined,
    }
  }

  let started: Promise<Addresses> | undefined
  return {
    start: () => {
      started = start().catch(async error => {
        // What cannot be closed must not hide why it did not start.
        await running.disposeAsync().catch(err => log.warn({ err }, 'not everything was closed'))
        throw error
      })
      return started
    },
    stop: async () => {
      draining = true
      await started?.catch(() => {})
      log.info('draining')
      if (config.production) await sleep(DRAIN_NOTICE_MS, undefined, { ref: false })
      const closed = await Promise.race([
        running.disposeAsync().then(() => true),
        sleep(DRAIN_MS - DRAIN_NOTICE_MS, false, { ref: false }),
      ])
      log[closed ? 'info' : 'warn'](closed ? 'stopped' : 'stopped before everything was closed')
    },
  }
}

const closeWithin = async (server: FastifyInstance, ms: number): Promise<void> => {
  const timer = setTimeout(() => server.server.closeAllConnections(), ms)
  await server.close()
  clearTimeout(timer)
}

const listen = async (server: FastifyInstance, { host, port }: Config): Promise<void> => {
  await server.listen({ host, port }).catch(cause => {
    throw new Error(`PORT ${port} of HOST ${host} cannot be listened on; choose another one`, { cause })
  })
}

const addressOf = (server: FastifyInstance, host: string): string => {
  const { port } = server.server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
