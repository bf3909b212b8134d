import { rm } from 'node:fs/promises'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { migrateUp } from '../../src/infrastructure/postgres/migrate.ts'
import { noBroker, startBroker } from '../support/broker.ts'
import { scratchFolder } from '../support/command.ts'
import { startBalancer } from '../support/haproxy.ts'
import { startRedis } from '../support/redis.ts'
import { startReplicatedPostgres } from '../support/replication.ts'
import { CHEAP_HASHES, NO_METRICS } from '../support/settings.ts'
import { consumeFrom, receiveByWebhook } from './event-sink.ts'
import { createInstance } from './instance.ts'
import { startMailSink } from './mail-sink.ts'
import type { Random } from './random.ts'

const PUBLIC_URL = 'http://localhost:8000'
/** Long enough for everyone who does not dawdle, and short enough to wait for its end. */
const CODE_TTL_SECONDS = 3
export const SEND_SPACING_SECONDS = 1

/** All load comes from one network: its limits are on, so that Redis is asked, and out of reach. */
const OUT_OF_REACH = '1000000'
const SETTINGS = {
  NODE_ENV: 'production',
  PUBLIC_URL,
  SECRET_KEY: 'a-key-for-chaos-and-for-nothing-but-chaos',
  TRUST_PROXY: '1',
  ...NO_METRICS,
  ...CHEAP_HASHES,
  // The machine is busy with all of this at once, and may hold its breath for a second or two.
  DATABASE_TIMEOUT_MS: '5000',
  HASH_QUEUE_MS: '5000',
  CODE_TTL_SECONDS: `${CODE_TTL_SECONDS}`,
  LIMIT_SEND_SPACING_SECONDS: `${SEND_SPACING_SECONDS}`,
  LIMIT_SENDS_PER_HOUR: '20',
  LIMIT_SENDS_PER_DAY: '20',
  LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR: OUT_OF_REACH,
  LIMIT_GUESSES_PER_NETWORK_PER_HOUR: OUT_OF_REACH,
  LIMIT_LOGIN_FAILURES_PER_QUARTER_HOUR: OUT_OF_REACH,
}

export type CodeStore = 'postgres' | 'redis'

/**
 * Three processes of the service behind HAProxy, with everything they need: a PostgreSQL and its standby, a
 * Redis, a RabbitMQ where there is one, and a mail service in this process.
 */
export const startCluster = async (random: Random, codeStore: CodeStore = 'postgres') => {
  const running = new AsyncDisposableStack()
  try {
    const folder = await scratchFolder()
    const keep = <Part extends { stop: () => Promise<void> }>(part: Part): Part => {
      running.defer(part.stop)
      return part
    }
    const starting = [
      startReplicatedPostgres().then(keep),
      startRedis().then(keep),
      noBroker ? undefined : startBroker().then(keep),
    ] as const
    // When one of them fails, the others must be up before they can be taken down.
    await Promise.allSettled(starting)
    const [database, redis, broker] = await Promise.all(starting)
    const eventSink = keep(await (broker ? consumeFrom(broker) : receiveByWebhook()))
    const mailSink = keep(await startMailSink(random))

    await migrateUp(database.primaryUrl)
    const env = {
      ...SETTINGS,
      DATABASE_URL: database.url,
      LIMIT_STORE: 'redis',
      CODE_STORE: codeStore,
      REDIS_URL: redis.url,
      ...eventSink.env,
      ...mailSink.env,
    }
    const [one, two, three] = [await freePort(), await freePort(), await freePort()]
    const instances = [
      createInstance('one', one, folder, env),
      createInstance('two', two, folder, env),
      createInstance('three', three, folder, env),
    ]
    running.defer(() => Promise.all(instances.map(({ kill }) => kill())).then(() => {}))
    await Promise.all(instances.map(({ start }) => start()))
    const [first, second, third] = instances.map(({ at }) => at)
    const balancer = await startBalancer([first ?? '', second ?? '', third ?? ''], PUBLIC_URL)
    running.defer(balancer.stop)
    await Promise.all(instances.map((_, index) => balancer.until(index, 'up')))

    return {
      url: balancer.url,
      database,
      redis,
      broker,
      eventSink,
      mailSink,
      instances,
      balancer,
      codeStore,
      codeTtlMs: CODE_TTL_SECONDS * 1000,
      /** Where the logs are. They stay when there is something to find out. */
      folder,
      stop: async (keepLogs = false): Promise<void> => {
        await running.disposeAsync()
        if (!keepLogs) await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await running.disposeAsync()
    throw error
  }
}

export type Cluster = Awaited<ReturnType<typeof startCluster>>
