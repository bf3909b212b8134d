// Two hundred clients that trickle their requests, a byte a second: what is left for everybody else?
//   node bench/slow-connections.ts [slow clients]
import { connect } from 'node:net'
import { mean } from './support/figures.ts'
import { closedLoop, perSecond } from './support/load.ts'
import { say, share } from './support/report.ts'
import { withService } from './support/service.ts'

const slowClients = Number(process.argv[2] ?? 200)
const CREATED = 201
const CLIENTS = 8
const ROUND_SECONDS = 12
const ROUNDS = 3

const HEAD =
  'POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 80\r\n'

/** Trickles a head that never ends, or a body; begins anew whenever it is cut off. */
const trickle = (url: URL, part: 'head' | 'body', cutOff: () => void): (() => void) => {
  const socket = connect(Number(url.port), url.hostname)
  socket.write(part === 'head' ? HEAD : `${HEAD}\r\n`)
  const timer = setInterval(() => socket.write(part === 'head' ? 'X' : ' '), 1000)
  let again: (() => void) | undefined
  let stopped = false
  socket.on('error', () => {})
  socket.on('data', () => {})
  socket.on('close', () => {
    clearInterval(timer)
    if (stopped) return
    cutOff()
    again = trickle(url, part, cutOff)
  })
  return () => {
    stopped = true
    socket.destroy()
    again?.()
  }
}

await withService({}, async ({ url, memoryMib }) => {
  await closedLoop(url, CLIENTS, 3)
  const rounds = { undisturbed: [] as number[], disturbed: [] as number[] }
  let cut = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.undisturbed.push(perSecond(await closedLoop(url, CLIENTS, ROUND_SECONDS), CREATED))
    const stops = Array.from({ length: slowClients }, (_, n) =>
      trickle(new URL(url), n % 2 === 0 ? 'head' : 'body', () => {
        cut += 1
      }),
    )
    rounds.disturbed.push(perSecond(await closedLoop(url, CLIENTS, ROUND_SECONDS), CREATED))
    for (const stop of stops) stop()
  }
  say('undisturbed', `${rounds.undisturbed.map(one => one.toFixed(1)).join(', ')} registrations/s`)
  say(
    'disturbed',
    `${rounds.disturbed.map(one => one.toFixed(1)).join(', ')} with ${slowClients} slow clients`,
  )
  say('goodput', `${share(mean(rounds.disturbed) / mean(rounds.undisturbed))} of the undisturbed`)
  say('cut off', `${cut} slow connections`)
  say('memory', `${memoryMib()} MiB`)
})
