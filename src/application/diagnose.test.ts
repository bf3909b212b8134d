import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { diagnose } from './diagnose.ts'

describe('diagnose', () => {
  it('returns a finding for each check, in order, though others throw or never answer', async () => {
    const findings = await diagnose(
      [
        { check: 'one', look: async () => ({ state: 'ok', found: 'fine' }) },
        { check: 'two', look: () => Promise.reject(new Error('it broke')) },
        { check: 'three', look: () => new Promise(() => {}) },
        { check: 'four', look: async () => ({ state: 'warning', found: 'hm', remedy: 'mend it' }) },
      ],
      50,
    )
    assert.deepEqual(
      findings.map(({ check, state, found }) => [check, state, found]),
      [
        ['one', 'ok', 'fine'],
        ['two', 'failed', 'it broke'],
        ['three', 'failed', 'no answer within 0 s'],
        ['four', 'warning', 'hm'],
      ],
    )
    for (const { state, remedy } of findings) assert.equal(remedy === undefined, state === 'ok')
  })

  it('says what to do about a check that breaks, or does not end', async () => {
    const findings = await diagnose(
      [
        { check: 'one', look: () => Promise.reject(new Error('it broke')) },
        { check: 'two', look: () => new Promise(() => {}) },
      ],
      10,
    )
    assert.equal(findings.length, 2)
    for (const { remedy } of findings) assert.match(remedy ?? '', /^Run doctor again\..* report it/)
  })
})
