import { v7 as newId } from 'uuid'
import type { Finding } from './application/diagnose.ts'
import { operateOutbox } from './application/operate-outbox.ts'
import { operateUsers } from './application/operate-users.ts'
import { DOCTOR_USAGE, parseDoctorCommand } from './command-line/doctor.ts'
import { MIGRATE_USAGE, parseMigrateCommand } from './command-line/migrate.ts'
import { OUTBOX_USAGE, parseOutboxCommand } from './command-line/outbox.ts'
import type { CommandResult } from './command-line/output.ts'
import { parseUsersCommand, USERS_USAGE } from './command-line/users.ts'
import { type Config, ConfigError } from './config.ts'
import { inspectOutbox } from './infrastructure/postgres/inspect-outbox.ts'
import { inspectUsers } from './infrastructure/postgres/inspect-users.ts'
import { LEASE_SECONDS } from './infrastructure/postgres/lease.ts'
import { measureOutbox } from './infrastructure/postgres/measure-outbox.ts'
import { migrateDown, migrateUp, migrationStatus } from './infrastructure/postgres/migrate.ts'
import { settleMessages } from './infrastructure/postgres/settle-messages.ts'
import { examine } from './wiring/doctor.ts'
import { withDatabaseUrl, withOperator } from './wiring/one-connection.ts'

/**
 * What the command line does beside serving, on the configured database or on the embedded one, while the
 * service runs or not. `dataDir` is where the embedded database lives.
 */
type Command = (readConfig: () => Config, dataDir: string, args: string[]) => Promise<CommandResult>

/** Arguments that are not understood are answered with the usage. The configuration is read only after that. */
const command =
  <Parsed>(
    parse: (args: string[]) => Parsed | undefined,
    usage: string,
    run: (parsed: Parsed, readConfig: () => Config, dataDir: string) => Promise<CommandResult>,
  ): Command =>
  async (readConfig, dataDir, args) => {
    const parsed = parse(args)
    return parsed ? run(parsed, readConfig, dataDir) : { output: usage, exitCode: 2 }
  }

/** `migrate …` */
export const migrate = command(parseMigrateCommand, MIGRATE_USAGE, (run, readConfig, dataDir) =>
  withDatabaseUrl(readConfig(), dataDir, url =>
    run(async wanted => {
      if (wanted.to === 'up') await migrateUp(url)
      if (wanted.to === 'down') await migrateDown(url, wanted.name)
      return migrationStatus(url)
    }),
  ),
)

/** `outbox …` */
export const outbox = command(parseOutboxCommand, OUTBOX_USAGE, (run, readConfig, dataDir) =>
  withOperator(readConfig(), dataDir, ({ database, audit, codeTtlSeconds }) =>
    run(
      operateOutbox({
        ...inspectOutbox(database, LEASE_SECONDS),
        measureOutbox: measureOutbox(database),
        settleMessages: settleMessages(database, codeTtlSeconds),
        newId,
        audit,
      }),
    ),
  ),
)

/** `users …` */
export const users = command(parseUsersCommand, USERS_USAGE, (run, readConfig, dataDir) =>
  withOperator(readConfig(), dataDir, ({ database, hashAddress, audit }) =>
    run(operateUsers({ ...inspectUsers(database, hashAddress, LEASE_SECONDS), newId, audit })),
  ),
)

/** `doctor`. A configuration that is not usable is a finding too; nothing else can be looked at then. */
export const doctor = command(parseDoctorCommand, DOCTOR_USAGE, (run, readConfig, dataDir) =>
  run(async () => {
    try {
      return await examine(readConfig(), dataDir)
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map(brokenVariable)
      throw error
    }
  }),
)

const brokenVariable = (problem: string): Finding => ({
  check: 'configuration',
  state: 'failed',
  found: problem,
  remedy: `Correct ${problem.split(' ')[0]} in the environment or in .env, then run doctor again for all the rest.`,
})
