import { randomBytes, randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Reads a secret that only this machine needs to know, making it first when there is none: 256 random bits,
 * readable by its owner alone. Two processes that make it at once agree on one.
 */
export const secretFile = async (path: string): Promise<string> => {
  const known = await readFile(path, 'utf8').catch(() => undefined)
  if (known !== undefined) return known

  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, randomBytes(32).toString('base64url'), { mode: 0o600 })
  await link(draft, path).catch(error => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft)
  return readFile(path, 'utf8')
}

const secretKeyPath = (dataDir: string): string => join(dataDir, 'secret.key')

/** The `SECRET_KEY` that comes along with the embedded database. */
export const embeddedSecretKey = (dataDir: string): Promise<string> => secretFile(secretKeyPath(dataDir))

/** The same, or nothing when there is none yet. */
export const knownEmbeddedSecretKey = (dataDir: string): Promise<string | undefined> =>
  readFile(secretKeyPath(dataDir), 'utf8').catch(() => undefined)
