import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { formatTraceParent, parseTraceParent } from '../../domain/trace-parent.ts'
import { knownMethod } from '../known-methods.ts'
import { type OtlpSettings, otlpProvider } from './otlp.ts'
import { noSpan, type Tracing } from './tracing.ts'

/** Of the second or two that the drain leaves, when everything before has used its time up. */
const FLUSH_MS = 1000

const KINDS = { internal: SpanKind.INTERNAL, client: SpanKind.CLIENT, producer: SpanKind.PRODUCER }

/**
 * Traces by hand: a span for each request, statement, hash and hand-over, and nothing patched. Names and attributes
 * follow the semantic conventions of OpenTelemetry where they have one; paths are left out, since what was typed
 * into an address may be a secret.
 */
export const otelTracing = (settings: OtlpSettings): Tracing => {
  const provider = otlpProvider(settings)
  const tracer = provider.getTracer('vestibule', settings.version)
  const underWay = new AsyncLocalStorage<Span>()

  return {
    traceRequest: ({ method, route, correlationId, traceParent }) => {
      const known = knownMethod(method)
      const name = known ?? 'HTTP'
      const attributes = {
        'http.request.method': known ?? '_OTHER',
        ...(route !== undefined && { 'http.route': route }),
        'vestibule.correlation_id': correlationId,
      }
      const options = { kind: SpanKind.SERVER, attributes }
      const span = tracer.startSpan(
        route === undefined ? name : `${name} ${route}`,
        options,
        below(traceParent) ?? ROOT_CONTEXT,
      )
      return {
        traceId: span.spanContext().traceId,
        within: work => underWay.run(span, work),
        end: status => {
          if (status !== undefined) span.setAttribute('http.response.status_code', status)
          if (status !== undefined && status >= 500) fail(span, String(status))
          span.end()
        },
      }
    },

    traceParent: () => {
      const span = underWay.getStore()
      return span && traceParentOf(span)
    },

    inSpan: async (name, { kind, attributes, parent }, work) => {
      const context = below(parent) ?? belowCurrent()
      if (!context) return work(noSpan)
      const span = tracer.startSpan(name, { kind: KINDS[kind], ...(attributes && { attributes }) }, context)
      try {
        return await underWay.run(span, () =>
          work({ set: attributes => span.setAttributes(attributes), fail: type => fail(span, type) }),
        )
      } catch (error) {
        fail(span, typeOf(error))
        throw error
      } finally {
        span.end()
      }
    },

    outside: work => underWay.exit(work),

    close: async () => {
      await Promise.race([provider.shutdown().catch(() => {}), sleep(FLUSH_MS, undefined, { ref: false })])
    },
  }

  function belowCurrent(): Context | undefined {
    const span = underWay.getStore()
    return span && trace.setSpan(ROOT_CONTEXT, span)
  }
}

/** The context of a span in another process, or in this one at another time. */
const below = (traceParent: string | undefined): Context | undefined => {
  const parent = parseTraceParent(traceParent)
  if (!parent) return undefined
  const { traceId, spanId, sampled } = parent
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: sampled ? 1 : 0, isRemote: true })
}

const traceParentOf = (span: Span): string => {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return formatTraceParent({ traceId, spanId, sampled: (traceFlags & 1) === 1 })
}

/** The code that a database or a socket gives an error, or its class; the text may quote what nobody should read. */
const typeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

const fail = (span: Span, type: string): void => {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}
