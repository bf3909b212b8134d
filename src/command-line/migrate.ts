import { parseArgs } from 'node:util'
import { asJson, attempt, type CommandResult, done } from './output.ts'

export const MIGRATE_USAGE = `Usage: vestibule migrate <command>

  up                 bring the schema of the database up to date
  down <migration>   take the newest migration back, with the data that only it has a place for
  status             list the migrations and when each was applied

  --json             for programs

docs/operations.md says when to run what.
`

export type Migrate = { to: 'up' } | { to: 'status' } | { to: 'down'; name: string }

/** Does what is wanted, and returns every migration of this version and when it was applied, if it is. */
export type RunMigrations = (wanted: Migrate) => Promise<{ name: string; appliedAt: Date | null }[]>

/** What is asked for, or nothing when it is not understood. No database is needed to tell. */
export const parseMigrateCommand = (
  args: string[],
): ((run: RunMigrations) => Promise<CommandResult>) | undefined => {
  const options = { json: { type: 'boolean', default: false } } as const
  const parsed = attempt(() => parseArgs({ args, options, allowPositionals: true }))
  const wanted = parsed && whatIsWanted(parsed.positionals)
  if (!wanted) return undefined
  return async run => {
    const migrations = await run(wanted)
    if (parsed.values.json) {
      const record = ({ name, appliedAt }: (typeof migrations)[number]) => ({
        name,
        applied_at: appliedAt?.toISOString() ?? null,
      })
      return done(asJson({ migrations: migrations.map(record) }))
    }
    const lines = migrations.map(
      ({ name, appliedAt }) => `${name}  ${appliedAt ? `applied ${appliedAt.toISOString()}` : 'pending'}\n`,
    )
    return done(lines.join(''))
  }
}

const whatIsWanted = ([to, name, ...more]: string[]): Migrate | undefined => {
  if (more.length > 0) return undefined
  if (name === undefined) return to === 'up' || to === 'status' ? { to } : undefined
  return to === 'down' ? { to, name } : undefined
}
