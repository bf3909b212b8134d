import type { TraceRequest } from '../../application/request-report.ts'

export type TracingSettings = {
  /** OTLP over HTTP; `undefined`: no traces, and nothing of OpenTelemetry is loaded. */
  endpoint: string | undefined
  /** Of the service. */
  version: string
  log: {
    info: (fields: object, message: string) => void
    warn: (fields: object, message: string) => void
  }
}

export type Attributes = Record<string, string | number>

/** A piece of work within a trace. Nothing in it may be a secret or an address: a collector keeps it for long. */
export type Span = {
  set: (attributes: Attributes) => void
  /** Marks it as failed. `type` is a class of errors, never the text of one. */
  fail: (type: string) => void
}

export type SpanOptions = {
  kind: 'internal' | 'client' | 'producer'
  attributes?: Attributes
  /** `traceparent` of the span it belongs to; without one, it belongs to the one that is under way. */
  parent?: string | undefined
}

export type Tracing = {
  /** Missing when nothing is traced. */
  traceRequest: TraceRequest | undefined
  /** `traceparent` of the span that is under way. */
  traceParent: () => string | undefined
  /**
   * Does some work in a span. Traces begin with requests: what belongs to none, such as a look into the outbox
   * every second, is done without. What the work throws is thrown.
   */
  inSpan: <Result>(
    name: string,
    options: SpanOptions,
    work: (span: Span) => Promise<Result>,
  ) => Promise<Result>
  /** Does some work that outlives the request by which it begins, and is no part of it. */
  outside: (work: () => void) => void
  /** Hands over what is not handed over yet, within a second. */
  close: () => Promise<void>
}

export const noSpan: Span = { set: () => {}, fail: () => {} }

export const noTracing: Tracing = {
  traceRequest: undefined,
  traceParent: () => undefined,
  inSpan: (_name, _options, work) => work(noSpan),
  outside: work => work(),
  close: async () => {},
}
