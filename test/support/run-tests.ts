// Runs the test files that match the patterns on the command line (all of them by default) on a real PostgreSQL:
// see server.ts.
import { spawn } from 'node:child_process'
import { createTemplate } from './database.ts'
import { withServer } from './server.ts'

const patterns = process.argv.length > 2 ? process.argv.slice(2) : ['src/**/*.test.ts', 'test/**/*.test.ts']

const runTests = (databaseUrl: string): Promise<number> =>
  new Promise(resolve => {
    const child = spawn(process.execPath, ['--test', '--test-timeout=120000', ...patterns], {
      stdio: 'inherit',
      env: { ...process.env, TEST_DATABASE_URL: databaseUrl },
    })
    child.on('exit', code => resolve(code ?? 1))
  })

process.exitCode = await withServer(async url => {
  await createTemplate(url)
  return runTests(url)
})
