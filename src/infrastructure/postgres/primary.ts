import { Socket } from 'node:net'
import pg from 'pg'
import { Unavailable } from '../../domain/refusals.ts'

/**
 * One URL for each host that a `DATABASE_URL` names, as libpq has it (PostgreSQL 18, 32.1.1.3): `host,host:port`.
 * All of them have the same user, password, database and options.
 */
export const hostUrls = (url: string): string[] => {
  const [, beginning, hosts = '', rest] = /^([a-z]+:\/\/(?:[^/?#]*@)?)([^/?#]*)(.*)$/is.exec(url) ?? []
  return beginning === undefined ? [url] : hosts.split(',').map(host => `${beginning}${host}${rest}`)
}

/**
 * Asks all hosts at once and returns the URL of the first that can be written to, within `timeoutMs`: one that is
 * lost in the network costs no time, and a standby is never it. Throws `Unavailable` when there is none; what went
 * wrong itself when there is one host only.
 */
export const findPrimary = async (url: string, timeoutMs: number): Promise<string> => {
  const hosts = hostUrls(url)
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), timeoutMs)
  try {
    return await Promise.any(hosts.map(host => whenWritable(host, over.signal)))
  } catch (error) {
    const { errors } = error as AggregateError
    if (hosts.length === 1) throw errors[0]
    const reasons = hosts.map((host, at) => `${URL.parse(host)?.host}: ${reasonOf(errors[at])}`)
    throw new Unavailable('no host of the database can be written to', {
      cause: new Error(reasons.join('; ')),
    })
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}

/** Throws `Unavailable` when the server takes no writes: it is a standby, or somebody made it read-only. */
export const refuseReadOnly = async (connection: Pick<pg.ClientBase, 'query'>): Promise<void> => {
  const { rows } = await connection.query('show transaction_read_only')
  if (rows[0].transaction_read_only !== 'off') throw new Unavailable('the database is read-only')
}

const whenWritable = async (url: string, over: AbortSignal): Promise<string> => {
  const socket = new Socket()
  over.addEventListener('abort', () => socket.destroy())
  const client = new pg.Client({
    connectionString: url,
    application_name: 'vestibule',
    stream: () => socket,
  })
  // What goes wrong is heard of where it is waited for.
  client.on('error', () => {})
  await client.connect()
  await refuseReadOnly(client)
  await client.end()
  return url
}

const reasonOf = (error: NodeJS.ErrnoException): string => error.message || (error.code ?? error.name)
