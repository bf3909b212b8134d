import { noTracing, type Tracing, type TracingSettings } from './tracing.ts'

export const openTracing = async ({ endpoint, ...settings }: TracingSettings): Promise<Tracing> => {
  if (endpoint === undefined) return noTracing
  const { otelTracing } = await import('./otel.ts')
  return otelTracing({ endpoint, ...settings })
}
