import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { quantile as quantileOf } from './figures.ts'

/** What came of the requests of a load: how many got which status, and how long each took. */
export type Load = { seconds: number; answers: Map<number, number[]> }

/** 0 stands for a connection that was closed or refused. */
const NO_ANSWER = 0

export type Ask = (pool: Pool) => Promise<number>

/** Registers a new address; returns the status. */
export const register: Ask = pool => registerAs(pool, `${randomUUID()}@example.com`)

export const registerAs = async (pool: Pool, email: string): Promise<number> => {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/users',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: 'Correct-Horse-7' }),
  })
  await body.dump()
  return statusCode
}

/** So many clients, each of which asks again as soon as it has its answer. */
export const closedLoop = async (url: string, clients: number, seconds: number, ask = register) => {
  const pool = new Pool(url, { connections: clients })
  const load: Load = { seconds, answers: new Map() }
  const end = performance.now() + seconds * 1000
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < end) await measured(load, pool, ask)
    }),
  )
  await pool.destroy()
  return load
}

/** So many requests a second, whatever becomes of those before: what real people do. */
export const openLoop = async (url: string, perSecond: number, seconds: number, ask = register) => {
  const pool = new Pool(url, { connections: 1000, pipelining: 1 })
  const load: Load = { seconds, answers: new Map() }
  const asked: Promise<void>[] = []
  const start = performance.now()
  for (let count = 0; count < perSecond * seconds; ) {
    const due = Math.floor(((performance.now() - start) / 1000) * perSecond)
    for (; count < due; count += 1) asked.push(measured(load, pool, ask))
    await sleep(2)
  }
  await Promise.all(asked)
  await pool.destroy()
  return load
}

const measured = async (load: Load, pool: Pool, ask: Ask): Promise<void> => {
  const start = performance.now()
  const status = await ask(pool).catch(() => NO_ANSWER)
  const took = load.answers.get(status) ?? []
  took.push(performance.now() - start)
  load.answers.set(status, took)
}

export const perSecond = ({ seconds, answers }: Load, status: number): number =>
  (answers.get(status)?.length ?? 0) / seconds

/** The time below which a share of the answers of a status came, in milliseconds. */
export const quantile = ({ answers }: Load, status: number, share: number): number => {
  return quantileOf(
    (answers.get(status) ?? []).toSorted((one, other) => one - other),
    share,
  )
}

export const total = ({ answers }: Load): number =>
  [...answers.values()].reduce((sum, took) => sum + took.length, 0)
