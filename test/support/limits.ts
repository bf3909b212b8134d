import type { Limit } from '../../src/application/limit.ts'
import { memoryLimit } from '../../src/infrastructure/limits/memory.ts'

/** A limit that never says no, for tests about something else. */
export const noLimit: Limit = memoryLimit({ name: 'registrations_per_network', quota: 0, windowSeconds: 1 })

/** A limit of so many an hour. */
export const hourlyLimit = (quota: number): Limit =>
  memoryLimit({ name: 'registrations_per_network', quota, windowSeconds: 3600 })
