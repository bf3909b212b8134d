import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startPurge } from './purge.ts'

describe('startPurge', () => {
  it('logs why nothing could be purged, and that it tries again', async t => {
    const line = Promise.withResolvers<[object, string]>()
    const error = new Error('no database')
    const purge = startPurge(
      {
        purgePending: () => Promise.reject(error),
        purgeLedger: async () => undefined,
        audit: () => {},
        log: { error: (...said) => line.resolve(said) },
        random: () => 0,
      },
      1,
    )
    t.after(purge.stop)
    assert.deepEqual(await line.promise, [{ err: error }, 'what is over cannot be purged; trying again'])
  })
})
