import { createHash } from 'node:crypto'
import type { TestDatabase } from './database.ts'

/** Every value of every column of every table, a line for each row: bytes in hexadecimal, the rest as it reads. */
export const dumpOf = async (database: Pick<TestDatabase, 'rows'>): Promise<string> => {
  const tables = await database.rows<{ name: string }>(
    `select oid::regclass::text as name from pg_class
     where relkind in ('r', 'p', 'm') and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
       and relpersistence <> 't' and relname not like 'pg_toast%'
     order by name`,
  )
  const lines: string[] = []
  for (const { name } of tables) {
    const rows = await database.rows<{ line: string }>(
      `select to_jsonb(every)::text as line from ${name} as every`,
    )
    lines.push(`table ${name}`, ...rows.map(({ line }) => line))
  }
  return lines.join('\n')
}

const encodings = (bytes: Buffer): string[] => [
  bytes.toString('hex'),
  bytes.toString('base64').replace(/=+$/, ''),
  bytes.toString('base64url'),
]

const HASHES = ['md5', 'sha1', 'sha256', 'sha512']

/** A secret hashed without key or salt, in every form. */
export const hashesOf = (secret: string): string[] =>
  HASHES.flatMap(name => encodings(createHash(name).update(secret).digest()))

/** All the ways in which a secret might stand somewhere: as it is, encoded, or hashed. */
export const disguisesOf = (secret: string): string[] => {
  const plain = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]
  return [...new Set([...plain, ...encodings(Buffer.from(secret)), ...hashesOf(secret)])]
}

/** Those of the secrets of which a form stands in a text; one in hexadecimal may be in capitals. */
export const leaksIn = (text: string, secrets: Iterable<string>, formsOf = disguisesOf): string[] => {
  const lower = text.toLowerCase()
  const isIn = (form: string): boolean => text.includes(form) || (IS_HEX.test(form) && lower.includes(form))
  return [...secrets].filter(secret => formsOf(secret).some(isIn))
}

const IS_HEX = /^[0-9a-f]{16,}$/
