// Runs the test files that match the patterns on the command line (all of them by default) on a real PostgreSQL:
// see server.ts. With --coverage, says in the end how much of src/ has run: see report.ts.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { createTemplate, hurryUp } from './database.ts'
import { withServer } from './server.ts'

const given = process.argv.slice(2).filter(argument => argument !== '--coverage')
const patterns = given.length > 0 ? given : ['src/**/*.test.ts', 'test/**/*.test.ts']

/**
 * Of all processes that the tests start, but those that are killed. What comes from the cache of compiled code is
 * counted less precisely, so that they do without it.
 */
const COVERAGE = {
  options: [
    '--experimental-test-coverage',
    '--test-coverage-include=src/**/*.ts',
    '--test-coverage-exclude=**/*.test.ts',
    `--test-reporter=${fileURLToPath(new URL('report.ts', import.meta.url))}`,
  ],
  env: { NODE_DISABLE_COMPILE_CACHE: '1' },
}
const { options: more, env } = process.argv.includes('--coverage') ? COVERAGE : { options: [], env: {} }

/** More than there are cores: most files wait most of the time, for a database, a child process or a clock. */
const FILES_AT_ONCE = availableParallelism() * 2

/**
 * Each file is a process of its own, and so is each command that it runs: what one of them has compiled, the others
 * need not. It is where `src/main.ts` keeps it too, and is used only while the source is the same.
 */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url))

const runTests = (databaseUrl: string): Promise<number> =>
  new Promise(resolve => {
    const options = ['--test', `--test-concurrency=${FILES_AT_ONCE}`, '--test-timeout=120000', ...more]
    const child = spawn(process.execPath, [...options, ...patterns], {
      stdio: 'inherit',
      env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, ...env, TEST_DATABASE_URL: databaseUrl },
    })
    child.on('exit', code => resolve(code ?? 1))
  })

process.exitCode = await withServer(async url => {
  if (url !== process.env.TEST_DATABASE_URL) await hurryUp(url)
  await createTemplate(url)
  return runTests(url)
})
