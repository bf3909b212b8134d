// npm run client-types: writes down, in client/src/openapi.ts, what the service says about itself.
import { writeFile } from 'node:fs/promises'
import { CLIENT_TYPES_FILE, currentClientTypes } from './client-types.ts'
import { createTemplate } from './database.ts'
import { withServer } from './server.ts'

await withServer(async url => {
  process.env.TEST_DATABASE_URL = url
  await createTemplate(url)
  await writeFile(CLIENT_TYPES_FILE, await currentClientTypes())
})
