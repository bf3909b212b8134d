import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failed } from '../../test/support/messages.ts'
import type { FailureClass } from '../domain/failure.ts'
import { createCircuit } from './circuit.ts'
import type { HandOverResult } from './outbox.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }
const FAILURES_IN_A_ROW = 5

/** A circuit that lets `most` pass, with so many on their way already. */
const world = (most: number, onTheirWay: number) => {
  const clock = { seconds: 0 }
  const changes: (FailureClass | undefined)[] = []
  const circuit = createCircuit(most, 3600, {
    monotonicSeconds: () => clock.seconds,
    changed: failure => changes.push(failure?.failure),
  })
  for (let n = 0; n < onTheirWay; n += 1) circuit.begin()
  let messages = 0
  /** As many different messages in a row. */
  const fail = (count: number, result = failed()) => {
    for (let n = 0; n < count; n += 1) {
      messages += 1
      circuit.end(`m${messages}`, result)
    }
  }
  return { circuit, clock, changes, fail }
}

describe('createCircuit', () => {
  it('makes no room while more are on their way than it would let pass now', () => {
    const { circuit, clock, fail } = world(10, 10)
    fail(FAILURES_IN_A_ROW)
    clock.seconds += 1
    assert.equal(circuit.end('m9', ACCEPTED), false, 'four on their way, two may be')
    assert.equal(circuit.forgo(), false, 'three on their way')
    assert.equal(circuit.forgo(), false, 'two on their way')
    assert.equal(circuit.forgo(), true, 'one on its way')
    assert.equal(circuit.forgo(), false, 'there was room already')
  })

  it('takes a service that refuses a message for one that answers', () => {
    for (const answer of ['refused', 'deferred'] as const) {
      const { circuit, changes, fail } = world(20, 20)
      fail(FAILURES_IN_A_ROW - 1)
      circuit.end('answered', failed(answer))
      fail(FAILURES_IN_A_ROW - 1)
      assert.deepEqual(changes, [])
      circuit.end('fifth', failed())
      assert.deepEqual(changes, ['unavailable'])
    }
  })

  it('says once that a service is down, however many more fail', () => {
    const { changes, fail } = world(20, 20)
    fail(2 * FAILURES_IN_A_ROW)
    assert.deepEqual(changes, ['unavailable'])
  })

  it('pauses when a limit of its rate has slowed it down to one at a time', () => {
    const { circuit, clock, changes, fail } = world(2, 2)
    fail(2, failed('rate_limited', 60))
    assert.deepEqual(changes, [])
    clock.seconds += 59
    assert.equal(circuit.free(), 0)
    clock.seconds += 1
    assert.equal(circuit.free(), 1)
  })
})
