import { Cluster, Redis } from 'ioredis'
import { Unavailable } from '../../domain/refusals.ts'

/** All that is kept in Redis begins with it: others may use the same server. */
export const KEY_PREFIX = 'vestibule:'

/** For so long nothing is asked after a command has failed. */
const PAUSE_MS = 1000
/** How long a start waits for the connection: what comes first need not be counted apart. */
const CONNECT_FIRST_MS = 1000

const OPTIONS = {
  // A charge that was on its way when a connection was lost may have been counted.
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 2000,
  // After a fail-over, the name may stand for another server by now.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  // Nothing here needs the newer one, which some proxies do not know.
  protocol: 2 as const,
}
/** A server that is lost behind a firewall would go unnoticed for a quarter of an hour: so many time-outs will do. */
const SILENT_TIMEOUTS = 10
/** Nobody here waits for a connection, and what was given up is not sent once there is one. */
const NO_QUEUE = { enableOfflineQueue: false }

const MESSAGES = {
  optional: {
    level: 'warn',
    gone: 'Redis is gone: each instance counts for itself',
    back: 'Redis is back: all instances count together',
  },
  demanded: {
    level: 'error',
    gone: 'Redis is gone: nobody can register or activate',
    back: 'Redis is back',
  },
} as const

/** The part of a log that is needed here. */
type RedisLog = Record<'info' | 'warn' | 'error', (fields: { reason?: string }, message: string) => void>

export type RedisConnection = {
  readonly client: Redis | Cluster
  /**
   * What Redis answers to a command, or `otherwise` when it cannot be reached, fails, or takes too long.
   * From then on `otherwise` at once, but for one caller a second, who finds out whether Redis is back. Never throws.
   */
  ask: <T>(command: () => Promise<T>, otherwise: T) => Promise<T>
  /**
   * What Redis answers to a command that nothing can stand in for. Throws `Unavailable` when it cannot be reached,
   * fails, or takes too long; the command may have been carried out, or will be. Every command is tried: one that
   * was late is no reason to fail those after it.
   */
  demand: <T>(command: () => Promise<T>) => Promise<T>
  /** True unless Redis is gone, and was not back when one of those who ask tried, once a second. Never throws. */
  answers: () => Promise<boolean>
  close: () => void
}

/**
 * Connects to one Redis server, or, when there are several URLs, to the cluster that they are nodes of. A Redis that
 * cannot be reached does not keep anything from starting: connecting goes on in the background. Says in the log once
 * that Redis is gone, and once that it is back. `timeoutMs` is what a command may take; `demanded` says that there
 * is something which cannot do without Redis.
 */
export const openRedis = async (options: {
  urls: readonly string[]
  timeoutMs: number
  demanded: boolean
  log: RedisLog
}): Promise<RedisConnection> => {
  const { timeoutMs, log } = options
  const messages = MESSAGES[options.demanded ? 'demanded' : 'optional']
  const client = connect(options.urls, timeoutMs)
  let gone = false
  let nextTryAt = 0

  const lose = (error: Error & { lastNodeError?: Error }): void => {
    // Commands that are demanded meanwhile, and fail, put no trial off.
    if (gone) return
    gone = true
    nextTryAt = performance.now() + PAUSE_MS
    // Never the error itself: the one of a refused login holds the password.
    const reason = (error.lastNodeError ?? error).message
    log[messages.level]({ reason }, messages.gone)
  }
  const loseConnection = (): void => lose(new Error('connection closed'))
  client.on('error', lose)
  client.on('close', loseConnection)
  await firstOutcome(client)
  if (client.status !== 'ready') lose(new Error('not connected'))

  return {
    client,
    ask: async (command, otherwise) => {
      if (gone && !(await isBack())) return otherwise
      try {
        return await within(timeoutMs, command())
      } catch (error) {
        lose(error as Error)
        return otherwise
      }
    },
    demand: async command => {
      try {
        return await within(timeoutMs, command())
      } catch (error) {
        lose(error as Error)
        throw new Unavailable('Redis cannot answer')
      }
    },
    answers: async () => !gone || isBack(),
    close: () => {
      client.off('close', loseConnection)
      client.disconnect()
    },
  }

  /** Asks Redis no more often than once a second, and for a write: one that is full, or a replica, still reads. */
  async function isBack(): Promise<boolean> {
    if (performance.now() < nextTryAt) return false
    nextTryAt = performance.now() + PAUSE_MS
    try {
      await within(timeoutMs, client.set(`${KEY_PREFIX}probe`, '', 'EX', 60))
    } catch (error) {
      lose(error as Error)
      return false
    }
    if (gone) log.info({}, messages.back)
    gone = false
    return true
  }
}

const connect = (urls: readonly string[], timeoutMs: number): Redis | Cluster => {
  const nodes = urls.map(url => new URL(url))
  const [{ protocol, username, password, pathname }] = nodes as [URL]
  const options = {
    ...OPTIONS,
    socketTimeout: SILENT_TIMEOUTS * timeoutMs,
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  }
  const places = nodes.map(({ hostname, port }) => ({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || 6379),
  }))
  const [place] = places
  if (place && places.length === 1) {
    return new Redis({ ...NO_QUEUE, ...options, ...place, db: Number(pathname.slice(1)) })
  }
  return new Cluster(places, {
    ...NO_QUEUE,
    redisOptions: options,
    // Names are left to TLS, which compares them with the certificate.
    dnsLookup: (host, done) => done(null, host),
  })
}

const firstOutcome = (client: Redis | Cluster): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(resolve, CONNECT_FIRST_MS)
    for (const event of ['ready', 'close']) {
      client.once(event, () => {
        clearTimeout(timer)
        resolve()
      })
    }
  })

/** What a command answers; throws when it takes too long. */
const within = <T>(ms: number, answer: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const late = () => reject(new Error(`no answer within ${ms} ms`))
    // A process that was busy for longer than that first reads what has come meanwhile: Redis is not to blame.
    const timer = setTimeout(() => setImmediate(late), ms)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
