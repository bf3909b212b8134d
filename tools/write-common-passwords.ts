// `npm run common-passwords`: derives src/domain/common-passwords.ts from the password dictionary of
// @zxcvbn-ts/language-common (MIT), which is sorted by how often each was seen. Only what could be the core of a
// password that meets the composition rules is kept: at least four characters, at least one letter.
import { writeFile } from 'node:fs/promises'
import { dictionary } from '@zxcvbn-ts/language-common'

const MOST = 20_000
const TARGET = new URL('../src/domain/common-passwords.ts', import.meta.url)

const words = dictionary['passwords-common']
  .filter(word => /^[a-z0-9]{4,}$/.test(word) && /[a-z]/.test(word))
  .slice(0, MOST)

await writeFile(
  TARGET,
  `// Written by \`npm run common-passwords\` from @zxcvbn-ts/language-common (MIT). Do not edit.

/** The ${words.length} most common passwords that have a letter, in lower case, the most common first. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  '${words.join(' ')}'.split(
    ' ',
  ),
)
`,
)
process.stdout.write(`${words.length} words\n`)
