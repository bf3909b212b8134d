import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatTraceParent, parseTraceParent, traceField } from './trace-parent.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

describe('parseTraceParent', () => {
  it('reads the ids and whether the trace is kept', () => {
    assert.deepEqual(parseTraceParent(`00-${TRACE}-${SPAN}-01`), {
      traceId: TRACE,
      spanId: SPAN,
      sampled: true,
    })
    assert.equal(parseTraceParent(`00-${TRACE}-${SPAN}-00`)?.sampled, false)
    // Of the other flags nothing is known yet.
    assert.equal(parseTraceParent(`00-${TRACE}-${SPAN}-03`)?.sampled, true)
    assert.equal(parseTraceParent(`00-${TRACE}-${SPAN}-02`)?.sampled, false)
  })

  it('reads ids that begin with zeros', () => {
    const [traceId, spanId] = [`0${'a'.repeat(31)}`, `0${'b'.repeat(15)}`]
    assert.deepEqual(parseTraceParent(`00-${traceId}-${spanId}-01`), { traceId, spanId, sampled: true })
  })

  it('reads the ids of later versions, with whatever these append', () => {
    assert.equal(parseTraceParent(`01-${TRACE}-${SPAN}-01`)?.traceId, TRACE)
    assert.equal(parseTraceParent(`cc-${TRACE}-${SPAN}-01-more`)?.traceId, TRACE)
  })

  it('finds no trace in what is not well-formed', () => {
    for (const header of [
      undefined,
      '',
      'trace',
      `00-${TRACE}-${SPAN}`,
      `00-${TRACE}-${SPAN}-01-more`,
      `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
      `ff-${TRACE}-${SPAN}-01`,
      `00-${'0'.repeat(32)}-${SPAN}-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      `00-${TRACE.toUpperCase()}-${SPAN}-01`,
      `00-${TRACE}-${SPAN}-0g`,
      `00-${TRACE}-${SPAN}-01\n`,
    ]) {
      assert.equal(parseTraceParent(header), undefined, header)
    }
  })
})

describe('formatTraceParent', () => {
  it('writes what parseTraceParent reads', () => {
    for (const header of [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-00`]) {
      const parent = parseTraceParent(header)
      assert.ok(parent)
      assert.equal(formatTraceParent(parent), header)
    }
  })
})

describe('traceField', () => {
  it('holds the id of the trace, and nothing when there is none', () => {
    assert.deepEqual(traceField(`00-${TRACE}-${SPAN}-01`), { trace_id: TRACE })
    assert.deepEqual(traceField(undefined), {})
  })
})
