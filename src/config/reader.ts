import { readFileSync } from 'node:fs'

/** Reads variables one by one, and gathers what is wrong with them. */
export type Reader = ReturnType<typeof createReader>

export const createReader = (env: NodeJS.ProcessEnv) => {
  const problems: string[] = []
  /** A variable is complained about once: by what was found first. */
  const problem = (name: string, text: string): void => {
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

  const oneOf = <const Choice extends string, Fallback extends Choice | undefined>(
    name: string,
    choices: readonly Choice[],
    fallback: Fallback,
  ): Choice | Fallback => {
    const value = text(name) ?? fallback
    const choice = choices.find(known => known === value)
    if (choice === undefined) problem(name, `must be one of: ${choices.join(', ')}`)
    return choice ?? fallback
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

  /** User and password in a URL are decoded by whoever logs in with them. */
  const encodedCredentials = (name: string, value: string | undefined): void => {
    const { username, password } = URL.parse(value ?? '') ?? {}
    if (/%(?![0-9a-f]{2})/i.test(`${username}:${password}`)) {
      problem(name, 'has a % in its user or password, which has to be written %25')
    }
  }

  const secretKey = (name: string): string | undefined => {
    const value = text(name)
    if (value !== undefined && Buffer.byteLength(value) < 32) {
      problem(name, 'must have at least 32 bytes (openssl rand -base64 32)')
    }
    return value
  }

  return { problems, problem, text, integer, oneOf, boolean, url, encodedCredentials, secretKey }
}
