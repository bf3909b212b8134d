import type { Verdict } from '../../application/diagnose.ts'
import { KEY_PREFIX, openRedis } from '../redis/connection.ts'
import { connectionRemedy, placeIn } from './reach.ts'
import { failed, ok, skipped, warning } from './verdict.ts'

type Settings = {
  codeStore: 'postgres' | 'redis'
  limitStore: 'memory' | 'redis'
  redisUrls: readonly string[]
  redisTimeoutMs: number
}

/** Looks whether Redis takes writes, within the time that requests have for it, and keeps what it has taken. */
export const lookAtRedis = async ({
  codeStore,
  limitStore,
  redisUrls: urls,
  redisTimeoutMs: timeoutMs,
}: Settings): Promise<Verdict> => {
  if (codeStore !== 'redis' && limitStore !== 'redis') return skipped('not used')
  let reason = 'it cannot answer'
  const note = (fields: { reason?: unknown }): void => {
    if (typeof fields.reason === 'string') reason = fields.reason
  }
  const log = { info: () => {}, warn: note, error: note }
  const redis = await openRedis({ urls, timeoutMs, demanded: true, log })
  const places = urls.map(placeIn).join(', ')
  try {
    await redis.demand(() => redis.client.set(`${KEY_PREFIX}probe`, '', 'EX', 60))
    const policy = await evictionPolicy(() => redis.client.info('memory'))
    if (codeStore === 'redis' && policy !== undefined && policy !== 'noeviction') {
      return warning(
        `${places} takes writes, and forgets codes when it is full (${policy})`,
        'Set maxmemory-policy noeviction in the configuration of Redis, or CODE_STORE=postgres.',
      )
    }
    return ok(`${places} takes writes within ${timeoutMs} ms`)
  } catch {
    const cost = codeStore === 'redis' ? 'nobody can register or activate' : 'each instance counts for itself'
    return failed(`${places}: ${reason}; without it ${cost}`, remedyFor(reason))
  } finally {
    redis.close()
  }
}

/** What an ACL keeps secret is no reason to warn. */
const evictionPolicy = async (info: () => Promise<string>): Promise<string | undefined> =>
  /^maxmemory_policy:(\S+)/m.exec(await info().catch(() => ''))?.[1]

const remedyFor = (reason: string): string => {
  if (/WRONGPASS|NOAUTH|without any password/.test(reason)) {
    return 'Correct user and password in REDIS_URL (@ is written %40).'
  }
  if (/NOPERM/.test(reason)) return 'Give the user of REDIS_URL the ACL of docs/operations.md#redis.'
  if (/MOVED|CLUSTERDOWN/.test(reason))
    return 'It is a cluster: name two of its nodes in REDIS_URL, and mend it.'
  if (/READONLY/.test(reason)) return 'Name the master in REDIS_URL; this is a replica.'
  if (/OOM/.test(reason)) return 'It is full: raise maxmemory of Redis.'
  if (/no answer within/.test(reason))
    return 'Look at its load and at the network, or raise REDIS_TIMEOUT_MS.'
  return connectionRemedy(reason, 'REDIS_URL')
}
