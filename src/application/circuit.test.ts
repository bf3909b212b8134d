import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failed } from '../../test/support/messages.ts'
import type { FailureClass } from '../domain/failure.ts'
import { createCircuit } from './circuit.ts'
import type { HandOverResult } from './outbox.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }

const MOST = 20
const LONGEST_PAUSE_SECONDS = 3600

/** A circuit on a clock that stands still, with everything it says. */
const createWorld = () => {
  const clock = { seconds: 1000 }
  const changes: (FailureClass | 'closed')[] = []
  const circuit = createCircuit(MOST, LONGEST_PAUSE_SECONDS, {
    monotonicSeconds: () => clock.seconds,
    changed: failure => changes.push(failure?.failure ?? 'closed'),
  })
  /** Hands one message over. */
  const handOver = (id: string, result: HandOverResult): boolean => {
    circuit.begin()
    return circuit.end(id, result)
  }
  const failInARow = (count: number, result = failed()) => {
    for (let n = 0; n < count; n += 1) handOver(`m${n}`, result)
  }
  return { circuit, clock, changes, handOver, failInARow }
}

describe('createCircuit', () => {
  it('lets as many pass at once as it was told, and no more', () => {
    const { circuit } = createWorld()
    assert.equal(circuit.free(), MOST)
    for (let n = 1; n <= MOST; n += 1) {
      circuit.begin()
      assert.equal(circuit.free(), MOST - n)
    }
    assert.equal(circuit.end('m', ACCEPTED), true, 'there is room again')
    assert.equal(circuit.end('m', ACCEPTED), false, 'there was room already')
  })

  for (const failure of ['unavailable', 'misconfigured', 'rate_limited'] as const) {
    it(`blames the service when five messages in a row are ${failure}`, () => {
      const { circuit, changes, failInARow } = createWorld()
      failInARow(4, failed(failure))
      assert.deepEqual(changes, [])
      assert.equal(circuit.openedBy(), undefined)
      failInARow(5, failed(failure))
      assert.deepEqual(changes, [failure])
      assert.equal(circuit.openedBy()?.failure, failure)
      assert.equal(circuit.free(), 0)
    })
  }

  for (const failure of ['refused', 'deferred'] as const) {
    it(`blames no service for messages that are ${failure}, however many`, () => {
      const { circuit, changes, failInARow } = createWorld()
      failInARow(100, failed(failure))
      assert.deepEqual(changes, [])
      assert.equal(circuit.free(), MOST)
    })
  }

  it('blames no service for one message that fails again and again', () => {
    const { circuit, changes, handOver } = createWorld()
    for (let n = 0; n < 100; n += 1) handOver('poison', failed())
    assert.deepEqual(changes, [])
    assert.equal(circuit.free(), MOST)
  })

  it('blames no service while others get through', () => {
    const { circuit, changes, handOver, failInARow } = createWorld()
    for (let n = 0; n < 10; n += 1) {
      failInARow(4)
      handOver('well', ACCEPTED)
    }
    assert.deepEqual(changes, [])
    assert.equal(circuit.free(), MOST)
  })

  it('probes with one message a second while the service is down', () => {
    const { circuit, clock, handOver, failInARow } = createWorld()
    failInARow(5)
    for (let n = 0; n < 3; n += 1) {
      clock.seconds += 0.9
      assert.equal(circuit.free(), 0)
      clock.seconds += 0.1
      assert.equal(circuit.free(), 1)
      circuit.begin()
      assert.equal(circuit.free(), 0)
      circuit.end(`probe-${n}`, failed())
    }
    handOver('probe', failed())
    assert.equal(circuit.free(), 0)
  })

  it('allows one more for each that gets through, and says once that the service is back', () => {
    const { circuit, clock, changes, handOver, failInARow } = createWorld()
    failInARow(5)
    clock.seconds += 1
    assert.equal(handOver('probe', ACCEPTED), true)
    assert.deepEqual(changes, ['unavailable', 'closed'])
    assert.equal(circuit.openedBy(), undefined)
    assert.equal(circuit.free(), 2)
    for (let n = 0; n < 2 * MOST; n += 1) handOver(`m${n}`, ACCEPTED)
    assert.equal(circuit.free(), MOST)
    assert.deepEqual(changes, ['unavailable', 'closed'])
  })

  it('is as patient as the service asks for, within the time after which a mail is given up', () => {
    for (const [asked, waited] of [
      [30, 30],
      [0, 1],
      [1e9, LONGEST_PAUSE_SECONDS],
    ] as const) {
      const { circuit, clock, failInARow } = createWorld()
      failInARow(5, failed('unavailable', asked))
      clock.seconds += waited - 0.001
      assert.equal(circuit.free(), 0)
      clock.seconds += 0.002
      assert.equal(circuit.free(), 1)
    }
  })

  it('halves what is handed over at once when the service limits its rate for two messages, not for one', () => {
    const { circuit, handOver } = createWorld()
    handOver('m1', failed('rate_limited', 60))
    assert.equal(circuit.free(), MOST, 'it may be this very message')
    handOver('m2', failed('rate_limited', 60))
    assert.equal(circuit.free(), MOST / 2)
    handOver('m3', ACCEPTED)
    assert.equal(circuit.free(), MOST / 2 + 1)
  })

  it('never slows down for one message, however often the service limits its rate for it', () => {
    const { circuit, handOver } = createWorld()
    for (let n = 0; n < 100; n += 1) {
      handOver('poison', failed('rate_limited', 3600))
      handOver(`m${n}`, ACCEPTED)
    }
    assert.equal(circuit.free(), MOST)
  })

  for (const result of ['unwanted', 'lost'] as const) {
    it(`learns nothing about the service from a mail that is ${result}`, () => {
      const { circuit, changes, handOver, failInARow } = createWorld()
      failInARow(4)
      handOver('never sent', { result })
      handOver('fifth', failed())
      assert.deepEqual(changes, ['unavailable'])
      assert.equal(circuit.free(), 0)
    })
  }
})
