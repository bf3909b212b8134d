// npm run schema: writes down, in schema.sql, what the migrations make of an empty database.
import { writeFile } from 'node:fs/promises'
import { createTemplate } from './database.ts'
import { describeSchema } from './describe-schema.ts'
import { asSchemaFile, SCHEMA_FILE } from './schema-file.ts'
import { withServer } from './server.ts'

await withServer(async url => {
  const migrated = await createTemplate(url)
  await writeFile(SCHEMA_FILE, asSchemaFile(await describeSchema(migrated)))
})
