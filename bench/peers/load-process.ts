// The load, from a process of its own: clients that each sign someone up again as soon as they have their answer.
// Tells its parent what came of it.
//   node bench/peers/load-process.ts <side> <url> <clients> <seconds>
import { randomUUID } from 'node:crypto'
import { type Ask, closedLoop, perSecond, quantile, register } from '../support/load.ts'

/** Sign-ups that were acknowledged, how many a second, how long they took (ms); and all other answers by status. */
export type SignUps = {
  done: number
  rate: number
  p50: number
  p99: number
  others: Record<string, number>
}

const signUp: Ask = async pool => {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/api/auth/sign-up/email',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'Someone',
      email: `${randomUUID()}@example.com`,
      password: 'Correct-Horse-7',
    }),
  })
  await body.dump()
  return statusCode
}

const SIDES: Record<string, { ask: Ask; acknowledged: number }> = {
  'better-auth': { ask: signUp, acknowledged: 200 },
  vestibule: { ask: register, acknowledged: 201 },
}

const [side = '', url = '', clients, seconds] = process.argv.slice(2)
const known = SIDES[side]
if (!known) throw new Error(`no side is called ${side}`)
const { ask, acknowledged } = known

const load = await closedLoop(url, Number(clients), Number(seconds), ask)
const others = [...load.answers].filter(([status]) => status !== acknowledged)
const signUps: SignUps = {
  done: load.answers.get(acknowledged)?.length ?? 0,
  rate: perSecond(load, acknowledged),
  p50: quantile(load, acknowledged, 0.5),
  p99: quantile(load, acknowledged, 0.99),
  others: Object.fromEntries(others.map(([status, took]) => [status, took.length])),
}
process.send?.(signUps)
