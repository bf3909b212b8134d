import { randomBytes, randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'

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
