import { Histogram, type Registry } from 'prom-client'

type RequestDone = {
  readonly method: string | undefined
  readonly route: string | undefined
  readonly status: number | undefined
  readonly seconds: number
}

export type RequestMetrics = { observeRequest: (request: RequestDone) => void }

/** A scanner may send any method there is; these are the ones that tell something. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export const requestMetrics = (registry: Registry): RequestMetrics => {
  const duration = new Histogram({
    name: 'vestibule_http_request_duration_seconds',
    help: 'Requests, by how long they took. Status "closed": the client went before the answer came.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  return {
    observeRequest: ({ method, route = 'none', status = 'closed', seconds }) => {
      const known = method !== undefined && METHODS.has(method) ? method : 'other'
      duration.observe({ method: known, route, status }, seconds)
    },
  }
}
