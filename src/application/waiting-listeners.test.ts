import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { pause } from './waiting.ts'

describe('pause', () => {
  it('leaves nobody listening for an abort when it is over', async () => {
    const { signal } = new AbortController()
    const pausing = pause(1, signal)
    assert.equal(getEventListeners(signal, 'abort').length, 1)
    await pausing
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })
})
