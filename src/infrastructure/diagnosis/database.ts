import pg from 'pg'
import type { Verdict } from '../../application/diagnose.ts'
import { Unavailable } from '../../domain/refusals.ts'
import { findPrimary, hostUrls } from '../postgres/primary.ts'
import { connectionRemedy, placeIn, reasonOf } from './reach.ts'
import { failed, ok, warning } from './verdict.ts'

/** The oldest one that the statements were tried on; older ones are not maintained any more. */
const OLDEST = 15

type Host = { place: string; url: string; trouble: Error | undefined }

/**
 * Looks at every host that `DATABASE_URL` names, and returns with the verdict the URL of the one that takes writes,
 * if there is one. A host that is a standby is as it should be, as long as another one is not.
 */
export const lookForDatabase = async (
  databaseUrl: string,
  timeoutMs: number,
): Promise<{ verdict: Verdict; url?: string }> => {
  const hosts = await Promise.all(
    hostUrls(databaseUrl).map(
      (url): Promise<Host> =>
        findPrimary(url, timeoutMs).then(
          () => ({ place: placeIn(url), url, trouble: undefined }),
          trouble => ({ place: placeIn(url), url, trouble }),
        ),
    ),
  )
  const [primary, ...more] = hosts.filter(({ trouble }) => !trouble)
  if (!primary) return { verdict: noPrimary(hosts) }
  if (more.length > 0) {
    const places = [primary, ...more].map(({ place }) => place).join(' and ')
    return {
      verdict: failed(
        `${places} both take writes: one of them is not part of the cluster any more`,
        'Stop the one that was left behind at once, and make it a standby of the other one: docs/operations.md#fail-over-and-several-hosts.',
      ),
    }
  }
  const version = await versionOf(primary.url, timeoutMs)
  return { verdict: judge(primary, version, hosts), url: primary.url }
}

const judge = ({ place, url }: Host, version: string, hosts: Host[]): Verdict => {
  const found = `PostgreSQL ${version} at ${place}, database ${nameIn(url)}`
  if (Number.parseInt(version, 10) < OLDEST) {
    return failed(found, `Upgrade it to PostgreSQL ${OLDEST} or newer; 18 is what the tests run on.`)
  }
  const lost = hosts.filter(({ trouble }) => trouble && !isStandby(trouble))
  if (lost.length > 0) {
    const others = lost.map(({ place, trouble }) => `${place} (${reasonFor(trouble)})`).join(', ')
    return warning(
      `${found}; not to be reached: ${others}`,
      'Bring it back, or take it out of DATABASE_URL: nobody can take over without it.',
    )
  }
  return ok(hosts.length > 1 ? `${found}; the others are standbys` : found)
}

const noPrimary = (hosts: Host[]): Verdict => {
  const found = hosts.map(({ place, trouble }) => `${place}: ${reasonFor(trouble)}`).join('; ')
  const troubles = hosts.map(({ trouble }) => trouble)
  // Of several, the one that got furthest tells most.
  const telling = troubles.find(isStandby) ?? troubles.find(t => t instanceof pg.DatabaseError) ?? troubles[0]
  return failed(found, remedyFor(telling))
}

const isStandby = (trouble: Error | undefined): boolean => trouble instanceof Unavailable

const reasonFor = (trouble: Error | undefined): string => {
  if (isStandby(trouble)) return 'read-only, as a standby is'
  if (trouble instanceof pg.DatabaseError) return trouble.message
  const reason = reasonOf(trouble)
  return /terminated|timeout/i.test(reason) ? 'no answer in time' : reason
}

const remedyFor = (trouble: Error | undefined): string => {
  if (isStandby(trouble)) {
    return 'Name the primary in DATABASE_URL, or all hosts (host1:5432,host2:5432), or promote a standby; if it is the primary, look at default_transaction_read_only.'
  }
  const code = trouble instanceof pg.DatabaseError ? trouble.code : undefined
  const remedy = REMEDIES.find(([codes]) => codes.test(code ?? ''))?.[1]
  return remedy ?? connectionRemedy(reasonFor(trouble), 'DATABASE_URL')
}

/** By SQLSTATE. */
const REMEDIES: [codes: RegExp, remedy: string][] = [
  [/^28/, 'Correct user and password in DATABASE_URL (@ is written %40), or pg_hba.conf of the server.'],
  [/^3D000$/, 'Create it (createdb), or correct the name of the database in DATABASE_URL.'],
  [/^42501$/, 'Grant connect on the database to the role of DATABASE_URL.'],
  [/^53300$/, 'Raise max_connections, or use fewer: docs/operations.md#connections.'],
  [/^57P03$/, 'Wait until the server has started, and run doctor again.'],
]

const versionOf = async (connectionString: string, timeoutMs: number): Promise<string> => {
  const client = new pg.Client({
    connectionString,
    application_name: 'vestibule',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query('show server_version')).rows[0].server_version
  } finally {
    await client.end()
  }
}

const nameIn = (url: string): string => {
  const name = URL.parse(url)?.pathname.slice(1) ?? ''
  try {
    return decodeURIComponent(name)
  } catch {
    // pg takes it as it is.
    return name
  }
}
