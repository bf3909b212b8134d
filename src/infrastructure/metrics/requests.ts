import { Histogram, type Registry } from 'prom-client'
import type { ObserveRequest } from '../../application/request-report.ts'
import { knownMethod } from '../known-methods.ts'

export type RequestMetrics = { observeRequest: ObserveRequest }

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
      duration.observe({ method: knownMethod(method) ?? 'other', route, status }, seconds)
    },
  }
}
