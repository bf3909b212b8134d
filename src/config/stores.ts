import type { Reader } from './reader.ts'

/** May name several hosts, as libpq writes them. Whichever takes writes is the one that is asked; no other ever is. */
export const readDatabaseUrl = (read: Reader): string | undefined => {
  const value = read.text('DATABASE_URL')
  if (value === undefined) return undefined
  const [, beginning, hosts = '', rest] =
    /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#]*)(.*)$/is.exec(value) ?? []
  const urls = hosts.split(',').map(host => URL.parse(`${beginning}${host}${rest}`))
  if (!urls.every(url => url && (url.hostname || urls.length === 1))) {
    read.problem(
      'DATABASE_URL',
      'must be a URL that begins with postgres:// or postgresql://; of several hosts each has its own port: host1:5432,host2:5432',
    )
  } else if (urls[0]?.searchParams.getAll('target_session_attrs').some(wanted => wanted !== 'read-write')) {
    read.problem(
      'DATABASE_URL',
      'must have target_session_attrs=read-write or none: a standby is never asked for anything',
    )
  }
  return value
}

/** A URL for each host that `REDIS_URL` names: several are nodes of one cluster. */
export const readRedis = (read: Reader) => {
  const codeStore = read.oneOf('CODE_STORE', ['postgres', 'redis'], 'postgres')
  const limitStore = read.oneOf('LIMIT_STORE', ['memory', 'redis'], 'memory')
  const redisTimeoutMs = read.integer('REDIS_TIMEOUT_MS', 100, 5, 10_000)
  const value = read.text('REDIS_URL')
  if (value === undefined) {
    if (codeStore === 'redis') read.problem('REDIS_URL', 'is required with CODE_STORE=redis')
    if (limitStore === 'redis') read.problem('REDIS_URL', 'is required with LIMIT_STORE=redis')
    return { codeStore, limitStore, redisTimeoutMs, redisUrls: [] }
  }
  const [, beginning = '', hosts = '', database = ''] =
    /^(rediss?:\/\/(?:[^/?#]*@)?)([^/?#@]+)(?:\/(\d*))?$/i.exec(value) ?? []
  const redisUrls = hosts.split(',').map(host => `${beginning}${host}/${database}`)
  if (!redisUrls.every(url => URL.parse(url)?.hostname)) {
    read.problem(
      'REDIS_URL',
      'must be redis://host, or rediss:// for TLS, with user:password@, :port and /number as needed; host1,host2 for a cluster',
    )
  }
  for (const url of redisUrls) read.encodedCredentials('REDIS_URL', url)
  if (redisUrls.length > 1 && Number(database) !== 0) {
    read.problem('REDIS_URL', 'must name no database: a cluster has only one')
  }
  return { codeStore, limitStore, redisTimeoutMs, redisUrls }
}
