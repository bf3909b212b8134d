import { randomUUID } from 'node:crypto'

/** The caller's id if it is harmless in logs, headers and mails, else a new one. */
export const correlationId = (fromCaller: string | string[] | undefined): string =>
  typeof fromCaller === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(fromCaller) ? fromCaller : randomUUID()
