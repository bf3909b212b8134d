import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { readEvents } from './config/events.ts'
import { readMail, readMailFrom } from './config/mail.ts'
import { createReader, type Reader } from './config/reader.ts'
import { readDatabaseUrl, readRedis } from './config/stores.ts'
import { readTrustProxy } from './config/trust-proxy.ts'

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
  const database = readDatabase(read, production)
  return {
    production,
    ...readServing(read, production),
    ...database,
    ...readMailing(read, production, database.databaseUrl === undefined),
    codeTtlSeconds: read.integer('CODE_TTL_SECONDS', 60, 1, 3600),
    ...readLimits(read),
    ...readRedis(read),
    hideRegisteredEmails: read.boolean('HIDE_REGISTERED_EMAILS', false),
    events: readEvents(read),
    ...readHashing(read),
    ...readReporting(read, isTerminal && !production),
  }
}

const readServing = (read: Reader, production: boolean) => {
  const port = read.integer('PORT', 8000, 0, 65_535)
  const publicUrl = read.url('PUBLIC_URL', ['http:', 'https:']) ?? `http://localhost:${port}`
  return {
    host: read.text('HOST') ?? '127.0.0.1',
    port,
    publicUrl: publicUrl.replace(/\/+$/, ''),
    trustProxy: readTrustProxy(read),
    /** Where the sign-up form sends somebody whose account is active now. */
    afterActivationUrl: read.url('AFTER_ACTIVATION_URL', ['http:', 'https:']),
    docsEnabled: read.boolean('DOCS_ENABLED', !production),
  }
}

const readDatabase = (read: Reader, production: boolean) => {
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
    /** `undefined`: Vestibule brings its own PostgreSQL along. */
    databaseUrl,
    databasePoolMax: read.integer('DATABASE_POOL_MAX', 10, 1, 1000),
    databaseTimeoutMs: read.integer('DATABASE_TIMEOUT_MS', 1000, 50, 60_000),
    databasePreparedStatements: read.boolean('DATABASE_PREPARED_STATEMENTS', true),
    migrateOnStart: read.boolean('MIGRATE_ON_START', !production),
    /** `undefined`: one is made beside the embedded database. */
    secretKey,
    secretKeyPrevious: read.secretKey('SECRET_KEY_PREVIOUS'),
  }
}

const readMailing = (read: Reader, production: boolean, embedded: boolean) => ({
  mail: readMail(read, production, embedded),
  mailFrom: readMailFrom(read),
  /** `undefined`: the templates that come along. */
  mailTemplatesDir: read.text('MAIL_TEMPLATES_DIR'),
  defaultLocale: read.text('DEFAULT_LOCALE') ?? 'en',
  mailTimeoutMs: read.integer('MAIL_TIMEOUT_MS', 15_000, 100, 300_000),
  mailGiveUpAfterSeconds: read.integer('MAIL_GIVE_UP_AFTER', 3600, 1, 604_800),
})

/** 0 switches a limit off. */
const readLimits = (read: Reader) => ({
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
})

const readHashing = (read: Reader) => ({
  argon2: {
    memoryKib: read.integer('ARGON2_MEMORY_KIB', 19_456, 8, 4_194_304),
    passes: read.integer('ARGON2_PASSES', 2, 1, 100),
  },
  hashConcurrency: read.integer('HASH_CONCURRENCY', availableParallelism(), 1, 1024),
  hashQueueMs: read.integer('HASH_QUEUE_MS', 1000, 0, 60_000),
})

const readReporting = (read: Reader, pretty: boolean) => ({
  /** 0: no metrics. */
  metricsPort: read.integer('METRICS_PORT', 9464, 0, 65_535),
  /** Where traces are posted; `undefined`: there are none. The SDK reads the other OTEL_… for itself. */
  otlpEndpoint: read.url('OTEL_EXPORTER_OTLP_ENDPOINT', ['http:', 'https:']),
  logLevel: read.oneOf('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
  logFormat: read.oneOf('LOG_FORMAT', ['pretty', 'json'], pretty ? 'pretty' : 'json'),
})
