import { parseArgs } from 'node:util'
import type { Finding, State } from '../application/diagnose.ts'
import { asJson, attempt, type CommandResult, table } from './output.ts'

export const DOCTOR_USAGE = `Usage: vestibule doctor

  Checks the configuration and everything that the service depends on, and says what to do. Nothing is sent,
  and nothing is changed in the database.

  --json           for programs

docs/operations.md says what is checked.
`

/** What is asked for, or nothing when it is not understood. */
export const parseDoctorCommand = (
  args: string[],
): ((examine: () => Promise<Finding[]>) => Promise<CommandResult>) | undefined => {
  const options = { json: { type: 'boolean', default: false } } as const
  const parsed = attempt(() => parseArgs({ args, options }))
  if (!parsed) return undefined
  const print = parsed.values.json ? inJson : inWords
  return async examine => {
    const findings = await examine()
    return { output: print(findings), exitCode: count(findings, 'failed') === 0 ? 0 : 1 }
  }
}

const inJson = (findings: Finding[]): string =>
  asJson({
    ok: count(findings, 'failed') === 0,
    findings: findings.map(({ check, state, found, remedy = null }) => ({ check, state, found, remedy })),
  })

const inWords = (findings: Finding[]): string => {
  const lines = table(findings.map(({ state, check, found }) => [state, check, found]))
    .trimEnd()
    .split('\n')
  const paragraphs = findings.map(
    ({ remedy }, at) => `${lines[at]}\n${remedy ? `${INDENT}→ ${remedy}\n` : ''}`,
  )
  return `${paragraphs.join('')}\n${summary(findings)}\n`
}

const INDENT = ' '.repeat(9)

const summary = (findings: Finding[]): string => {
  const [failures, warnings] = [count(findings, 'failed'), count(findings, 'warning')]
  if (failures + warnings === 0) return 'All is well.'
  return `${failures} failed, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`
}

const count = (findings: Finding[], wanted: State): number =>
  findings.filter(({ state }) => state === wanted).length
