import assert from 'node:assert/strict'
import diagnostics from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { startApp } from '../support/app.ts'
import { createClient, newAddress, PASSWORD } from '../support/client.ts'
import { conversation, withAddresses } from '../support/fuzz-bytes.ts'
import { assertCommonHeaders } from '../support/fuzz-checks.ts'
import { converse, type Heard } from '../support/fuzz-conversation.ts'
import { createTally, NO_LIMITS, SEED, share } from '../support/fuzz-settings.ts'
import type { WireAnswer } from '../support/fuzz-wire.ts'
import { assertProblem, type Code, STATUS_OF } from '../support/problems.ts'
import { request } from '../support/raw-http.ts'

const FRAMING_SHARE = 0.25
const AT_ONCE = 4
const TRICKLING = 12

const app = await startApp({ env: NO_LIMITS })
after(() => app.stop())
const open = countConnections(Number(new URL(app.url).port))
const answered = createTally()
const started = performance.now()

describe('bytes that are nearly HTTP', { concurrency: true }, () => {
  for (let nth = 0; nth < AT_ONCE; nth += 1) {
    it(`get a documented answer or a closed connection: lot ${nth + 1}`, async () => {
      await fc.assert(
        fc.asyncProperty(conversation, async ({ text, cuts }) => {
          assertHeard(await converse(app.url, withAddresses(text), cuts))
        }),
        { numRuns: share(FRAMING_SHARE / AT_ONCE), seed: SEED + nth },
      )
    })
  }

  it('are waited for no longer than any request may take', async () => {
    const body = JSON.stringify({ email: newAddress(), password: PASSWORD })
    const whole = request('POST /users HTTP/1.1', ['Content-Type: application/json'], body)
    const random = fc.sample(fc.integer({ min: 1, max: whole.length - 1 }), {
      numRuns: TRICKLING,
      seed: SEED,
    })
    const heard = await Promise.all(
      random.map(length => converse(app.url, whole.subarray(0, length), [], true)),
    )
    for (const { answers } of heard) {
      assert.equal(answers.length, 1)
      assertProblem(answers[0], 'request_timeout')
    }
  })
})

describe('the service behind bytes that are nearly HTTP', () => {
  it('is ready, has logged no error, and has closed every connection', async t => {
    const seconds = Math.round((performance.now() - started) / 1000)
    const closed = `closed without an answer: ${unanswered}`
    t.diagnostic(
      `seed ${SEED} (FUZZ_SEED), ${conversations} conversations in ${seconds} s: ${answered}, ${closed}`,
    )
    const client = createClient(app.url)
    for (const path of ['/health/live', '/health/ready']) {
      assert.equal((await client.ask('GET', path, { headers: { connection: 'close' } })).status, 200)
    }
    assert.deepEqual(
      app.logged.filter(({ level }) => Number(level) >= 50),
      [],
    )
    assert.ok(open.all() > conversations, 'connections were counted')
    await open.none()
    assert.ok(answered.has(201) && answered.has(400), 'there was something good and something bad')
  })
})

let conversations = 0
let unanswered = 0

/** Checks every answer, and that no request which is not a whole, good one has succeeded. */
function assertHeard({ reading, answers }: Heard): void {
  conversations += 1
  if (answers.length === 0) unanswered += 1
  for (const [at, answer] of answers.entries()) {
    answered.add(answer.status)
    assertCommonHeaders(answer)
    if (answer.status >= 400) assertIsProblem(answer, reading.methods[at] === 'HEAD')
    else {
      assert.ok([200, 201, 202, 302].includes(answer.status), `status ${answer.status}`)
      assert.ok(
        mayHaveSucceeded(reading, at),
        `${answer.status} for what is ${reading.whole[at] ?? reading.rest}`,
      )
    }
    // Whoever was answered before the end of a body, and spoiled it then, hears of that as well.
    const oneMore = at === reading.methods.length && answer.headers.get('connection') === 'close'
    assert.ok(at < reading.methods.length || oneMore || reading.rest === 'open', 'more answers than requests')
  }
}

/** A GET is answered when its headers are there: nobody waits for a body that is of no interest. */
function mayHaveSucceeded({ methods, whole, rest, headIsGood }: Heard['reading'], at: number): boolean {
  if (at < whole.length) return whole[at] === 'good'
  return rest === 'open' || (headIsGood && ['GET', 'HEAD'].includes(methods[at] ?? ''))
}

function assertIsProblem(answer: WireAnswer, mayBeBare: boolean): void {
  const { status, body } = answer
  assert.ok(status < 500 && Object.values<number>(STATUS_OF).includes(status), `status ${status}`)
  if (mayBeBare && body.text === '') return
  const { errors, attempts_left } = body
  const extras = {
    ...(errors !== undefined && { errors }),
    ...(attempts_left !== undefined && { attempts_left }),
  }
  assertProblem(answer, body.code as Code, extras)
}

/** Counts the connections that a server of this process holds. */
function countConnections(port: number) {
  const held = new Set<Socket>()
  let all = 0
  diagnostics.subscribe('net.server.socket', message => {
    const { socket } = message as { socket: Socket }
    if (socket.localPort !== port) return
    all += 1
    held.add(socket)
    socket.once('close', () => held.delete(socket))
  })
  return {
    all: () => all,
    /** Waits until none is left. */
    none: async (): Promise<void> => {
      for (let waited = 0; held.size > 0; waited += 100) {
        assert.ok(waited < 30_000, `${held.size} connections are still open`)
        await new Promise(resolve => setTimeout(resolve, 100))
      }
    },
  }
}
