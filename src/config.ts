import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'

export type MailConfig =
  | { readonly transport: 'mailbox' }
  | { readonly transport: 'console' }
  | { readonly transport: 'smtp'; readonly url: string }
  | {
      readonly transport: 'http'
      readonly provider: MailProviderName
      readonly url: string
      /** Empty where the provider has none. */
      readonly apiKey: string
      /** What the provider `webhook` signs its requests with. */
      readonly webhookSecret: string | undefined
    }

export type EventsConfig =
  | { readonly publisher: 'console' }
  | { readonly publisher: 'none' }
  | { readonly publisher: 'rabbitmq'; readonly url: string }
  | { readonly publisher: 'webhook'; readonly url: string; readonly secret: string }

const MAIL_PROVIDERS = ['mailpit', 'webhook', 'resend', 'sendgrid', 'postmark', 'mailgun'] as const
type MailProviderName = (typeof MAIL_PROVIDERS)[number]

/** Providers with one address for everybody. */
const MAIL_HTTP_URLS: Partial<Record<MailProviderName, string>> = {
  resend: 'https://api.resend.com',
  sendgrid: 'https://api.sendgrid.com',
  postmark: 'https://api.postmarkapp.com',
}

/** What the environment says, checked. Times carry their unit in the name. */
export type Config = ReturnType<typeof readVariables>

/** Says everything that is wrong with the environment, a line for each variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** Each begins with the name of its variable. */
  readonly problems: readonly string[]
  constructor(problems: string[]) {
    super(`The configuration is not usable:\n${problems.map(problem => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** Adds the variables of a `.env` file in the working directory, if there is one; what is set already stays. */
export const loadEnvFile = (): void => {
  if (existsSync('.env')) process.loadEnvFile('.env')
}

/**
 * Reads the configuration; README.md describes every variable. `NAME_FILE` names a file that holds the value of
 * `NAME`, for secrets that must not stand in an environment. Throws a `ConfigError` that lists every bad
 * variable at once.
 */
export const readConfig = (env: NodeJS.ProcessEnv, isTerminal: boolean): Config => {
  const variables = createReader(env)
  const config = readVariables(variables, isTerminal)
  if (variables.problems.length > 0) throw new ConfigError(variables.problems)
  return config
}

const readVariables = (read: Reader, isTerminal: boolean) => {
  const production = read.text('NODE_ENV') === 'production'
  const port = read.integer('PORT', 8000, 0, 65_535)
  const databaseUrl = readDatabaseUrl(read)
  if (production && databaseUrl === undefined) {
    read.problem(
      'DATABASE_URL',
      'is required when NODE_ENV=production: the embedded database is for development',
    )
  }
  const secretKey = read.secretKey('SECRET_KEY')
  if (secretKey === undefined && (production || databaseUrl !== undefined)) {
    read.problem(
      'SECRET_KEY',
      'is required in production and with a DATABASE_URL: at least 32 random bytes, the same for every instance (openssl rand -base64 32)',
    )
  }
  return {
    production,
    host: read.text('HOST') ?? '127.0.0.1',
    port,
    /** 0: no metrics. */
    metricsPort: read.integer('METRICS_PORT', 9464, 0, 65_535),
    publicUrl: (read.url('PUBLIC_URL', ['http:', 'https:']) ?? `http://localhost:${port}`).replace(
      /\/+$/,
      '',
    ),
    /** `undefined`: Vestibule brings its own PostgreSQL along. */
    databaseUrl,
    databasePoolMax: read.integer('DATABASE_POOL_MAX', 10, 1, 1000),
    databaseTimeoutMs: read.integer('DATABASE_TIMEOUT_MS', 1000, 50, 60_000),
    databasePreparedStatements: read.boolean('DATABASE_PREPARED_STATEMENTS', true),
    migrateOnStart: read.boolean('MIGRATE_ON_START', !production),
    /** `undefined`: one is made beside the embedded database. */
    secretKey,
    secretKeyPrevious: read.secretKey('SECRET_KEY_PREVIOUS'),
    mail: readMail(read, production, databaseUrl === undefined),
    mailFrom: readMailFrom(read),
    /** `undefined`: the templates that come along. */
    mailTemplatesDir: read.text('MAIL_TEMPLATES_DIR'),
    defaultLocale: read.text('DEFAULT_LOCALE') ?? 'en',
    mailTimeoutMs: read.integer('MAIL_TIMEOUT_MS', 15_000, 100, 300_000),
    mailGiveUpAfterSeconds: read.integer('MAIL_GIVE_UP_AFTER', 3600, 1, 604_800),
    codeTtlSeconds: read.integer('CODE_TTL_SECONDS', 60, 1, 3600),
    sendsBudget: {
      spacingSeconds: read.integer('LIMIT_SEND_SPACING_SECONDS', 30, 0, 86_400),
      perHour: read.integer('LIMIT_SENDS_PER_HOUR', 5, 0, 1000),
      perDay: read.integer('LIMIT_SENDS_PER_DAY', 10, 0, 1000),
    },
    limits: {
      registrationsPerNetworkPerHour: read.integer(
        'LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR',
        100,
        0,
        1_000_000,
      ),
      guessesPerNetworkPerHour: read.integer('LIMIT_GUESSES_PER_NETWORK_PER_HOUR', 20, 0, 1_000_000),
      loginFailuresPerQuarterHour: read.integer('LIMIT_LOGIN_FAILURES_PER_QUARTER_HOUR', 10, 0, 1_000_000),
      loginFailuresPerDay: read.integer('LIMIT_LOGIN_FAILURES_PER_DAY', 100, 0, 1_000_000),
    },
    ...readRedis(read),
    redisTimeoutMs: read.integer('REDIS_TIMEOUT_MS', 100, 5, 10_000),
    trustProxy: readTrustProxy(read),
    hideRegisteredEmails: read.boolean('HIDE_REGISTERED_EMAILS', false),
    events: readEvents(read),
    argon2: {
      memoryKib: read.integer('ARGON2_MEMORY_KIB', 19_456, 8, 4_194_304),
      passes: read.integer('ARGON2_PASSES', 2, 1, 100),
    },
    hashConcurrency: read.integer('HASH_CONCURRENCY', availableParallelism(), 1, 1024),
    hashQueueMs: read.integer('HASH_QUEUE_MS', 1000, 0, 60_000),
    /** Where the web interface sends somebody whose account is active now. */
    afterActivationUrl: read.url('AFTER_ACTIVATION_URL', ['http:', 'https:']),
    docsEnabled: read.boolean('DOCS_ENABLED', !production),
    /** Where traces are posted; `undefined`: there are none. The SDK reads the other OTEL_… for itself. */
    otlpEndpoint: read.url('OTEL_EXPORTER_OTLP_ENDPOINT', ['http:', 'https:']),
    logLevel: read.oneOf('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
    logFormat: read.oneOf('LOG_FORMAT', ['pretty', 'json'], isTerminal && !production ? 'pretty' : 'json'),
  }
}

/** May name several hosts, as libpq writes them. Whichever takes writes is the one that is asked; no other ever is. */
const readDatabaseUrl = (read: Reader): string | undefined => {
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

const readMail = (read: Reader, production: boolean, embedded: boolean): MailConfig => {
  const transports = ['mailbox', 'console', 'smtp', 'http'] as const
  const transport = read.oneOf('MAIL_TRANSPORT', transports, embedded ? 'mailbox' : 'console')
  if (production && (transport === 'mailbox' || transport === 'console')) {
    read.problem('MAIL_TRANSPORT', 'must be smtp or http when NODE_ENV=production: the others reach nobody')
  }
  if (transport === 'smtp') {
    return { transport, url: read.url('SMTP_URL', ['smtp:', 'smtps:']) ?? 'smtp://127.0.0.1:1025' }
  }
  if (transport !== 'http') return { transport }

  const provider = read.oneOf('MAIL_HTTP_PROVIDER', MAIL_PROVIDERS, undefined)
  const url = read.url('MAIL_HTTP_URL', ['http:', 'https:']) ?? MAIL_HTTP_URLS[provider]
  if (url === undefined) {
    read.problem('MAIL_HTTP_URL', 'is required with every provider but resend, sendgrid and postmark')
  }
  const apiKey = read.text('MAIL_API_KEY') ?? ''
  const at = url === undefined ? null : URL.parse(url)
  if (provider === 'mailpit' || provider === 'webhook') checkKeyless(read, at, apiKey)
  else checkKeyed(read, provider, at, apiKey)
  return { transport, provider, url: url ?? '', apiKey, webhookSecret: readWebhookSecret(read) }
}

const checkKeyless = (read: Reader, url: URL | null, apiKey: string): void => {
  if (apiKey !== '') {
    read.problem('MAIL_API_KEY', 'is not used by mailpit and webhook: put user:password@ into MAIL_HTTP_URL')
  }
  if (hasStrayPercent(url)) read.problem('MAIL_HTTP_URL', STRAY_PERCENT)
}

const STRAY_PERCENT = 'has a % in its user or password, which has to be written %25'
const hasStrayPercent = (url: URL | null): boolean =>
  /%(?![0-9a-f]{2})/i.test(`${url?.username}:${url?.password}`)

const checkKeyed = (read: Reader, provider: MailProviderName, url: URL | null, apiKey: string): void => {
  if (apiKey === '') read.problem('MAIL_API_KEY', `is required with ${provider}`)
  else if (!/^[\x21-\x7e]+$/.test(apiKey)) read.problem('MAIL_API_KEY', 'must be ASCII without spaces')
  if (url?.username || url?.password) {
    read.problem('MAIL_HTTP_URL', `must have no user and password: ${provider} takes MAIL_API_KEY`)
  }
  if (provider === 'mailgun' && url && !/\/v3\/[^/]+\/?$/.test(url.pathname)) {
    read.problem('MAIL_HTTP_URL', 'must end with your domain: https://api.mailgun.net/v3/mg.example.com')
  }
}

const readEvents = (read: Reader): EventsConfig => {
  const publishers = ['console', 'none', 'rabbitmq', 'webhook'] as const
  const publisher = read.oneOf('EVENT_PUBLISHER', publishers, 'console')
  if (publisher === 'rabbitmq') {
    const url = read.url('AMQP_URL', ['amqp:', 'amqps:'])
    if (url === undefined) read.problem('AMQP_URL', 'is required with EVENT_PUBLISHER=rabbitmq')
    return { publisher, url: url ?? '' }
  }
  if (publisher !== 'webhook') return { publisher }

  const url = read.url('WEBHOOK_URL', ['http:', 'https:'])
  if (url === undefined) read.problem('WEBHOOK_URL', 'is required with EVENT_PUBLISHER=webhook')
  else if (hasStrayPercent(URL.parse(url))) read.problem('WEBHOOK_URL', STRAY_PERCENT)
  const secret = readWebhookSecret(read)
  if (secret === undefined) read.problem('WEBHOOK_SECRET', 'is required with EVENT_PUBLISHER=webhook')
  return { publisher, url: url ?? '', secret: secret ?? '' }
}

/** A URL for each host that `REDIS_URL` names: several are nodes of one cluster. */
const readRedis = (read: Reader) => {
  const codeStore = read.oneOf('CODE_STORE', ['postgres', 'redis'], 'postgres')
  const limitStore = read.oneOf('LIMIT_STORE', ['memory', 'redis'], 'memory')
  const value = read.text('REDIS_URL')
  if (value === undefined) {
    if (codeStore === 'redis') read.problem('REDIS_URL', 'is required with CODE_STORE=redis')
    if (limitStore === 'redis') read.problem('REDIS_URL', 'is required with LIMIT_STORE=redis')
    return { codeStore, limitStore, redisUrls: [] }
  }
  const [, beginning = '', hosts = '', database = ''] =
    /^(rediss?:\/\/(?:[^/?#]*@)?)([^/?#@]+)(?:\/(\d*))?$/i.exec(value) ?? []
  const redisUrls = hosts.split(',').map(host => `${beginning}${host}/${database}`)
  if (!redisUrls.every(url => URL.parse(url)?.hostname)) {
    read.problem(
      'REDIS_URL',
      'must be redis://host, or rediss:// for TLS, with user:password@, :port and /number as needed; host1,host2 for a cluster',
    )
  } else if (redisUrls.some(url => hasStrayPercent(URL.parse(url)))) {
    read.problem('REDIS_URL', STRAY_PERCENT)
  } else if (redisUrls.length > 1 && Number(database) !== 0) {
    read.problem('REDIS_URL', 'must name no database: a cluster has only one')
  }
  return { codeStore, limitStore, redisUrls }
}

/** Standard Webhooks: `whsec_` and the base64 of 24 to 64 random bytes. */
const readWebhookSecret = (read: Reader): string | undefined => {
  const secret = read.text('WEBHOOK_SECRET')
  if (secret === undefined) return undefined
  const [, base64 = ''] = /^whsec_(.+)$/.exec(secret) ?? []
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64') !== base64 || bytes.length < 24 || bytes.length > 64) {
    read.problem(
      'WEBHOOK_SECRET',
      'must be whsec_ and the base64 of 24 to 64 random bytes (echo "whsec_$(openssl rand -base64 32)")',
    )
  }
  return secret
}

const readMailFrom = (read: Reader): string => {
  const from = read.text('MAIL_FROM') ?? 'Vestibule <vestibule@localhost>'
  if (!/^([^<>@\p{Cc}]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u.test(from)) {
    read.problem('MAIL_FROM', 'must be an address, with or without a name: Example <no-reply@example.com>')
  }
  return from
}

/** Whose `X-Forwarded-For` is believed: nobody's, everybody's, that of so many hops, or of these networks. */
const readTrustProxy = (read: Reader): boolean | number | string[] => {
  const value = read.text('TRUST_PROXY') ?? 'false'
  if (value === 'true' || value === 'false') return value === 'true'
  if (/^\d{1,2}$/.test(value)) return Number(value)
  const networks = value.split(',').map(network => network.trim())
  if (!networks.every(isNetwork)) {
    read.problem(
      'TRUST_PROXY',
      'must be true, false, the number of proxies in front, or their addresses (10.0.0.0/8,fd00::/8)',
    )
  }
  return networks
}

const isNetwork = (text: string): boolean => {
  const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const bits = { 4: 32, 6: 128 }[isIP(address)] ?? -1
  return bits > 0 && (prefix === undefined || (Number(prefix) > 0 && Number(prefix) <= bits))
}

type Reader = ReturnType<typeof createReader>

const createReader = (env: NodeJS.ProcessEnv) => {
  const problems: string[] = []
  const problem = (name: string, text: string): void => {
    // A variable that could not even be read needs no second complaint.
    if (!problems.some(known => known.startsWith(`${name} `))) problems.push(`${name} ${text}`)
  }

  /** An empty variable counts as one that is not set, as in a .env file with nothing behind the sign. */
  const text = (name: string): string | undefined => {
    const file = env[`${name}_FILE`]
    const value = env[name]
    if (!file) return value || undefined
    if (value) {
      problem(name, `and ${name}_FILE are both set: keep one`)
      return value
    }
    try {
      return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined
    } catch (error) {
      problem(name, `cannot be read from the file that ${name}_FILE names: ${(error as Error).message}`)
      return undefined
    }
  }

  const integer = (name: string, fallback: number, min: number, max: number): number => {
    const value = text(name)
    if (value === undefined) return fallback
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (number >= min && number <= max) return number
    problem(name, `must be a whole number from ${min} to ${max}`)
    return fallback
  }

  const oneOf = <const Choice extends string>(
    name: string,
    choices: readonly Choice[],
    fallback: Choice | undefined,
  ): Choice => {
    const value = text(name) ?? fallback
    const choice = choices.find(known => known === value)
    if (choice === undefined) problem(name, `must be one of: ${choices.join(', ')}`)
    return choice ?? (choices[0] as Choice)
  }

  const boolean = (name: string, fallback: boolean): boolean =>
    oneOf(name, ['true', 'false'], fallback ? 'true' : 'false') === 'true'

  /** The value itself is never repeated: an address of a service may carry its password. */
  const url = (name: string, protocols: string[]): string | undefined => {
    const value = text(name)
    if (value === undefined) return undefined
    const begun = protocols.some(protocol => value.toLowerCase().startsWith(`${protocol}//`))
    if (!begun || !URL.canParse(value)) {
      problem(name, `must be a URL that begins with ${protocols.map(p => `${p}//`).join(' or ')}`)
    }
    return value
  }

  const secretKey = (name: string): string | undefined => {
    const value = text(name)
    if (value !== undefined && Buffer.byteLength(value) < 32) {
      problem(name, 'must have at least 32 bytes (openssl rand -base64 32)')
    }
    return value
  }

  return { problems, problem, text, integer, oneOf, boolean, url, secretKey }
}
