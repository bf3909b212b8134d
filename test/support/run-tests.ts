// Runs the test files that match the patterns on the command line (all of them by default) on a real PostgreSQL:
// the one of TEST_DATABASE_URL if that is set, else an embedded one that lives as long as the run.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../src/infrastructure/embedded/postgres.ts'
import { createTemplate } from './database.ts'

const patterns = process.argv.length > 2 ? process.argv.slice(2) : ['src/**/*.test.ts', 'test/**/*.test.ts']

const withDatabase = async (work: (url: string) => Promise<number>): Promise<number> => {
  const given = process.env.TEST_DATABASE_URL
  if (given) return work(given)

  const folder = await mkdtemp(join(tmpdir(), 'vestibule-test-'))
  const postgres = await startEmbeddedPostgres(folder)
  try {
    return await work(postgres.url)
  } finally {
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const runTests = (databaseUrl: string): Promise<number> =>
  new Promise(resolve => {
    const child = spawn(process.execPath, ['--test', '--test-timeout=120000', ...patterns], {
      stdio: 'inherit',
      env: { ...process.env, TEST_DATABASE_URL: databaseUrl },
    })
    child.on('exit', code => resolve(code ?? 1))
  })

process.exitCode = await withDatabase(async url => {
  await createTemplate(url)
  return runTests(url)
})
