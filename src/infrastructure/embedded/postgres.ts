import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { openCluster } from './cluster.ts'

export type EmbeddedPostgres = {
  url: string
  /** Stops the server, unless it belongs to somebody else. */
  stop: () => Promise<void>
}

/** Held for as long as this process lives, so that only one of them thinks the server is its own. */
const OWNER_LOCK = 7_310_021
/** How long the remains of a killed server may take to go away. */
const PATIENCE_MS = 10_000

/**
 * Brings up a real PostgreSQL 18 from npm in `dataDir`, creating it when it is not there. A server that a
 * killed process left running is taken over; one that belongs to a living process is an error, unless to
 * `share` it is all that is wanted. It listens on a free port of 127.0.0.1 behind a random password.
 */
export const startEmbeddedPostgres = async (
  dataDir: string,
  { share } = { share: false },
): Promise<EmbeddedPostgres> => {
  const cluster = await openCluster(dataDir)
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const { url } = await cluster.start(deadline)
    const owner = await own(url, deadline)
    if (owner === 'another' && share) return { url, stop: async () => {} }
    if (owner === 'another') {
      throw new Error(
        `another Vestibule is running on ${dataDir}. Stop it first, or give both one database with DATABASE_URL.`,
      )
    }
    if (owner) {
      return {
        url,
        stop: async () => {
          await owner.end().catch(() => {})
          await cluster.stop()
        },
      }
    }
  }
}

/**
 * Claims the server for this process, for as long as the connection lives that is returned; `another` when it has an
 * owner; nothing when it went away meanwhile. Throws when it cannot be reached until the deadline.
 */
const own = async (url: string, deadline: number): Promise<pg.Client | 'another' | undefined> => {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'vestibule owner',
    keepAlive: true,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query('select pg_try_advisory_lock($1) as mine', [OWNER_LOCK])
    if (rows[0].mine) return client
  } catch (error) {
    if (Date.now() > deadline) throw error
    await sleep(200)
    return undefined
  }
  await client.end()
  return 'another'
}
