// `npm run specification`: writes docs/specification.md from the names of the tests. No test is run.
import { writeFile } from 'node:fs/promises'
import { SPECIFICATION_FILE, specification } from './specification/page.ts'

const page = specification()
await writeFile(SPECIFICATION_FILE, page)
process.stdout.write(`${page.match(/^ *- /gm)?.length ?? 0} lines\n`)
