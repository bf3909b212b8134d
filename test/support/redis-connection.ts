import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { openRedis, type RedisConnection } from '../../src/infrastructure/redis/connection.ts'

export const GONE = 'Redis is gone: each instance counts for itself'

/** Redis is starved at times where many tests run side by side. */
export const PATIENT_MS = 10_000

/** A connection that lasts as long as the test, and what it has written into the log. */
export const openForTest = async (
  t: TestContext,
  urls: string[],
  timeoutMs = PATIENT_MS,
  demanded = false,
) => {
  const logged: Record<string, unknown>[] = []
  const log = pino({ base: null }, { write: line => logged.push(JSON.parse(line)) })
  const connection = await openRedis({ urls, timeoutMs, demanded, log })
  t.after(connection.close)
  return { connection, logged }
}

/** Waits until Redis answers again. */
export const untilBack = async ({ client, ask }: RedisConnection): Promise<void> => {
  while (!(await ask(async () => (await client.ping()) === 'PONG', false))) await sleep(20)
}

export const untilClosed = ({ client }: RedisConnection): Promise<void> =>
  new Promise(resolve => {
    client.once('close', () => resolve())
  })
