/** What a command prints, and its exit code: 0 done, 1 not possible, 2 not understood. */
export type CommandResult = { output: string; exitCode: 0 | 1 | 2 }

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export const done = (output: string): CommandResult => ({ output, exitCode: 0 })

/** `ada@example.com` as `a***@example.com`. */
export const maskedEmail = (email: string): string => email.replace(/^(.).*@/u, '$1***@')

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const

/** A duration for a person: `250` as `4 min`. */
export const inWords = (seconds: number): string => {
  const [unit, size] = UNITS.find(([, size]) => seconds >= 2 * size) ?? ['s', 1]
  return `${Math.round(seconds / size)} ${unit}`
}

/** Rows of cells in columns that are as wide as their widest cell. */
export const table = (rows: string[][]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const lines = rows.map(row => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  return lines.map(line => `${line.trimEnd()}\n`).join('')
}

export const asJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`

/** What `parse` returns, or nothing when it throws. */
export const attempt = <Result>(parse: () => Result): Result | undefined => {
  try {
    return parse()
  } catch {
    return undefined
  }
}
