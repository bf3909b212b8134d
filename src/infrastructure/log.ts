import { createRequire } from 'node:module'
import { type Logger, pino } from 'pino'

export type Log = Logger

const STDOUT = 1
const STDERR = 2
/** Bytes that may wait for a reader of the log that has stalled; what comes then is lost, not the service. */
const MOST_UNWRITTEN = 16 * 1024 * 1024

/**
 * The log of this process, on standard output: JSON lines, or readable ones for a person at a terminal
 * (`pino-pretty`, a development dependency). Nothing that is a secret is ever passed to it; `redact` is the
 * second lock on that door. JSON lines are written behind the back of the process that logs them, many at once
 * when there are many: one write for each line was most of the work of refusing a request. What is not written yet
 * is written when the process ends, but for `kill -9`. Commands that end at once write to standard error, at once.
 */
export const createLog = (options: { level: string; format: 'json' | 'pretty'; to?: 'stderr' }): Log => {
  const settings = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['password', 'code', 'authorization', '*.password', '*.code', '*.authorization'],
    formatters: { level: (label: string) => ({ level: label }) },
  }
  if (options.to === 'stderr') return pino(settings, pino.destination({ dest: STDERR, sync: true }))
  if (options.format === 'json') {
    return pino(settings, pino.destination({ dest: STDOUT, sync: false, maxLength: MOST_UNWRITTEN }))
  }
  return pino(settings, prettyStream())
}

const prettyStream = () => {
  try {
    const pretty = createRequire(import.meta.url)('pino-pretty')
    return pretty({ translateTime: 'HH:MM:ss.l', singleLine: true, sync: true })
  } catch (error) {
    throw new Error('LOG_FORMAT=pretty needs the development dependencies; use LOG_FORMAT=json', {
      cause: error,
    })
  }
}
