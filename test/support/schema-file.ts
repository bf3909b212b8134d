import { fileURLToPath } from 'node:url'

/** The snapshot of the schema that the migrations make, for people to read and for reviews to compare. */
export const SCHEMA_FILE = fileURLToPath(new URL('../../schema.sql', import.meta.url))

export const asSchemaFile = (description: string): string =>
  `-- The schema that the migrations make. Written by: npm run schema. Compared by test/postgres/schema.test.ts.\n\n${description}`
