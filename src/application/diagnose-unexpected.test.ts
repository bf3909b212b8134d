import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { diagnose } from './diagnose.ts'

describe('diagnose', () => {
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
