/** A span, as others name it to make theirs part of its trace. */
export type TraceParent = {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** Whether somebody keeps what belongs to the trace. */
  readonly sampled: boolean
}

/**
 * W3C Trace Context §3.2: version, trace id, span id, flags. Later versions may append fields; ff is none, and
 * ids of nothing but zeros name nothing.
 */
const PATTERN = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const SAMPLED = 1

/** Reads a header `traceparent`; one that is not well-formed is as good as none. */
export const parseTraceParent = (header: string | undefined): TraceParent | undefined => {
  const [, version, traceId, spanId, flags = '', more] = PATTERN.exec(header ?? '') ?? []
  if (traceId === undefined || spanId === undefined) return undefined
  if (version === '00' && more !== undefined) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED }
}

export const formatTraceParent = ({ traceId, spanId, sampled }: TraceParent): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`

/** What a log line says of a trace: nothing when there is none. */
export const traceField = (traceParent: string | undefined): { trace_id?: string } => {
  const parent = parseTraceParent(traceParent)
  return parent ? { trace_id: parent.traceId } : {}
}
