import { connect } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Reading, readRequests } from './fuzz-reader.ts'
import { readAnswer, type WireAnswer } from './fuzz-wire.ts'

/** Far more than the service gives any request. */
const PATIENCE_MS = 40_000
/** After this long without a word no answer is expected any more; nothing is concluded from it. */
const QUIET_MS = 250

export type Heard = { reading: Reading; answers: WireAnswer[] }

/**
 * Sends bytes in segments over a connection of their own, reads what comes, closes its side (unless it `stays`,
 * and waits for the service to have enough) and waits for the service to close the other.
 */
export const converse = async (url: string, bytes: Buffer, cuts: number[], stays = false): Promise<Heard> => {
  const reading = readRequests(bytes)
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true })
  let received = Buffer.alloc(0)
  let quiet: NodeJS.Timeout | undefined
  let heard: WireAnswer[] = []
  let failure: unknown
  const closed = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the connection is still open, with: ${received.toString('latin1')}`)),
      PATIENCE_MS,
    )
    const done = () => {
      clearTimeout(timer)
      clearTimeout(quiet)
      socket.destroy()
      resolve()
    }
    socket.on('close', done)
    socket.on('end', done)
    socket.on('error', done)
  })
  const expected = reading.whole.length + (reading.rest === 'broken' ? 1 : 0)
  const look = () => {
    clearTimeout(quiet)
    if (stays) return
    if (heard.length >= expected && reading.rest !== 'open') socket.end()
    else quiet = setTimeout(() => socket.end(), QUIET_MS)
  }
  socket.on('data', chunk => {
    received = Buffer.concat([received, chunk])
    try {
      heard = readAnswers(received, reading.methods)
    } catch (error) {
      failure ??= error
    }
    look()
  })

  for (const [from, to] of segments(bytes.length, cuts)) {
    socket.write(bytes.subarray(from, to))
    await nextTurn()
  }
  look()
  await closed
  if (failure) throw failure
  return { reading, answers: heard }
}

const segments = (length: number, cuts: number[]): [number, number][] => {
  const edges = [0, ...cuts, length]
  return edges.slice(1).map((to, at) => [edges[at] ?? 0, to])
}

/** What is said about bytes that are no request has a body, even behind a HEAD. */
const LAST_WORD = /^HTTP\/1\.1 4.*\r\n(.+\r\n)*Connection: close\r\n\r\n\{/

/** All final answers. */
const readAnswers = (received: Buffer, methods: string[]): WireAnswer[] => {
  const answers: WireAnswer[] = []
  let left = received
  while (left.length > 0) {
    const isHead = methods[answers.length] === 'HEAD' && !LAST_WORD.test(left.toString('latin1'))
    const read = readAnswer(left, isHead)
    if (!read) break
    answers.push(read.answer)
    left = left.subarray(read.length)
  }
  return answers
}
