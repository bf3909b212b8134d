import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { createDoorbell, pause, untilNextStep } from './waiting.ts'

/** Says whether something has ended by now, once everything that is due has happened. */
const watch = (work: Promise<void>) => {
  let ended = false
  void work.then(() => {
    ended = true
  })
  return async (): Promise<boolean> => {
    for (let turns = 0; turns < 5; turns += 1) await null
    return ended
  }
}

describe('waiting', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())

  describe('for a doorbell', () => {
    it('ends when it rings', async () => {
      const bell = createDoorbell()
      const ended = watch(bell.heard(1000))
      assert.equal(await ended(), false)
      bell.ring()
      assert.equal(await ended(), true)
    })

    it('ends at once when it has rung before, and that counts once', async () => {
      const bell = createDoorbell()
      bell.ring()
      bell.ring()
      assert.equal(await watch(bell.heard(1000))(), true)
      assert.equal(await watch(bell.heard(1000))(), false)
    })

    it('ends after its time when it does not ring', async () => {
      const ended = watch(createDoorbell().heard(1000))
      mock.timers.tick(999)
      assert.equal(await ended(), false)
      mock.timers.tick(1)
      assert.equal(await ended(), true)
    })
  })

  describe('by a pause', () => {
    const { signal } = new AbortController()

    it('ends after its time', async () => {
      const ended = watch(pause(1000, signal))
      mock.timers.tick(999)
      assert.equal(await ended(), false)
      mock.timers.tick(1)
      assert.equal(await ended(), true)
    })

    for (const ms of [0, -1]) {
      it(`of ${ms} ms ends at once`, async () => {
        assert.equal(await watch(pause(ms, signal))(), true)
      })
    }

    it('ends early when it is aborted, before or meanwhile', async () => {
      const halt = new AbortController()
      const ended = watch(pause(1000, halt.signal))
      assert.equal(await ended(), false)
      halt.abort()
      assert.equal(await ended(), true)
      assert.equal(await watch(pause(1000, halt.signal))(), true)
    })
  })

  describe('until the next step', () => {
    /** So long that what the test itself takes does not matter. */
    const STEP_MS = 1_000_000

    for (const [steps, leftMs] of [
      [0, 1_000_000],
      [0.4, 600_000],
      [0.99, 10_000],
      [1.25, 750_000],
      [7.5, 500_000],
    ] as const) {
      it(`of work that has taken ${steps} steps waits for the rest of that step`, async () => {
        const ended = watch(untilNextStep(STEP_MS)(performance.now() - steps * STEP_MS))
        mock.timers.tick(leftMs - 5000)
        assert.equal(await ended(), false)
        mock.timers.tick(5000)
        assert.equal(await ended(), true)
      })
    }
  })
})

describe('pause', () => {
  it('leaves nobody listening for an abort when it is over', async () => {
    const { signal } = new AbortController()
    const pausing = pause(1, signal)
    assert.equal(getEventListeners(signal, 'abort').length, 1)
    await pausing
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })
})
