import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { claimedEvent } from '../../test/support/messages.ts'
import { keepLeases } from './leases.ts'
import { settleTogether } from './settle-together.ts'

const nothing = () => {}
const accepted = { result: 'accepted' } as const

/** A settling that takes no time, and the ids that it has settled. */
const createSettling = () => {
  const settled: string[] = []
  const halt = new AbortController()
  const ports = {
    settle: async (settlements: { id: string }[]) => void settled.push(...settlements.map(({ id }) => id)),
    renewLeases: async () => {},
    audit: nothing,
    count: nothing,
    log: { info: nothing, warn: nothing, error: nothing },
    newId: () => 'new',
    random: () => 0,
    monotonicSeconds: () => 0,
  }
  const leases = keepLeases(ports, 60_000, halt.signal)
  const settling = settleTogether(
    ports,
    { giveUpMailAfterSeconds: 3600, retryMs: 0, spacingMs: 0 },
    { leases, leftSomethingDue: nothing, halt: halt.signal },
  )
  return { ...settling, settled, end: () => halt.abort() }
}

describe('settleTogether, with one message after another', () => {
  // A message that came while the last settling was coming to its end was once left lying until the next one.
  it('settles what comes in any moment after the one before', async t => {
    for (let moment = 0; moment < 40; moment += 1) {
      const { settleSoon, settled, allSettled, end } = createSettling()
      t.after(end)
      settleSoon(claimedEvent('first'), accepted)
      for (let passed = 0; passed < moment; passed += 1) await undefined
      settleSoon(claimedEvent('second'), accepted)
      await allSettled()
      assert.deepEqual(settled, ['first', 'second'], `${moment} microtasks later`)
    }
  })
})
