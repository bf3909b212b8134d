import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../src/infrastructure/embedded/postgres.ts'

/**
 * Does some work on a real PostgreSQL: the one of TEST_DATABASE_URL if that is set, else an embedded one that
 * lives as long as the work.
 */
export const withServer = async <T>(work: (url: string) => Promise<T>): Promise<T> => {
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
