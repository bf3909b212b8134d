import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseTraceParent } from './trace-parent.ts'

describe('parseTraceParent', () => {
  it('reads ids that begin with zeros', () => {
    const [traceId, spanId] = [`0${'a'.repeat(31)}`, `0${'b'.repeat(15)}`]
    assert.deepEqual(parseTraceParent(`00-${traceId}-${spanId}-01`), { traceId, spanId, sampled: true })
  })
})
