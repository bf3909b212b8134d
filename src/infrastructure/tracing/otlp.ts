import { DiagLogLevel, diag } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { TracingSettings } from './tracing.ts'

export type OtlpSettings = TracingSettings & { endpoint: string }

/** `ExportResultCode` of a package that is not ours to import. */
const SUCCESS = 0

/**
 * Collects spans and posts them, as JSON, in batches, in the background. A bounded number of them waits for a
 * collector that is slow or away; the others are dropped. The SDK reads the rest of its set-up from the environment
 * (OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS …).
 */
export const otlpProvider = ({ endpoint, version, log }: OtlpSettings): BasicTracerProvider => {
  // The SDK says what it cannot use of its set-up, and later each batch that fails, of which once is enough.
  const complain = (message: string) => log.warn({ reason: message }, 'the set-up of traces is not usable')
  const quiet = () => {}
  diag.setLogger(
    { error: complain, warn: complain, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
  try {
    const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`
    const exporter = patientExporter(new OTLPTraceExporter({ url }), log)
    return new BasicTracerProvider({
      resource: defaultResource()
        .merge(resourceFromAttributes({ 'service.name': 'vestibule', 'service.version': version }))
        .merge(detectResources({ detectors: [serviceInstanceIdDetector, envDetector] })),
      spanProcessors: [new BatchSpanProcessor(exporter)],
    })
  } finally {
    diag.disable()
  }
}

/** Says once that the collector does not take the spans, and once that it does again. */
const patientExporter = (exporter: SpanExporter, log: TracingSettings['log']): SpanExporter => {
  let failing = false
  return {
    export: (spans, done) =>
      exporter.export(spans, result => {
        const failed = result.code !== SUCCESS
        if (failed && !failing) log.warn({ reason: reasonOf(result.error) }, 'traces are not accepted')
        if (!failed && failing) log.info({}, 'traces are accepted again')
        failing = failed
        done({ code: SUCCESS })
      }),
    shutdown: () => exporter.shutdown(),
  }
}

/** What a collector answers stays out of the log: nobody knows what it says. */
const reasonOf = (error: Error | undefined): string => {
  const { code } = (error ?? {}) as { code?: string | number }
  if (typeof code === 'number') return `http ${code}`
  return code ?? error?.name ?? 'unknown'
}
