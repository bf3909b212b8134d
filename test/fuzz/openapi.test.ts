import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { startApp } from '../support/app.ts'
import { createClient, newAddress, PASSWORD } from '../support/client.ts'
import { assertAnswer } from '../support/fuzz-checks.ts'
import { type Operation, readOperations } from '../support/fuzz-document.ts'
import { type Accounts, casesFor, write } from '../support/fuzz-requests.ts'
import { createTally, NO_LIMITS, SEED, share } from '../support/fuzz-settings.ts'
import { openWire } from '../support/fuzz-wire.ts'
import { type Pending, signUp, signUpActive } from '../support/sign-up.ts'

const app = await startApp({ env: NO_LIMITS })
after(() => app.stop())
const document = openWire(app.url)
const operations = await readOperations(document)
document.close()

/** How many of the requests a route gets: there is more to be got wrong with a body and with credentials. */
const weightOf = ({ body, method, needsCredentials }: Operation): number =>
  (body ? 5 : method === 'POST' ? 3 : 1) + (needsCredentials ? 2 : 0)
const allWeights = operations.reduce((sum, operation) => sum + weightOf(operation), 0)
const OPENAPI_SHARE = 0.75

const accounts = await createAccounts(share(OPENAPI_SHARE / 25))
const answered = createTally()
const started = performance.now()

describe('a random request made from /openapi.json', { concurrency: true }, () => {
  for (const operation of operations) {
    const { name: route } = operation
    it(`gets a documented answer, to ${route}`, async t => {
      const wire = openWire(app.url)
      const tally = createTally()
      const numRuns = share((OPENAPI_SHARE * weightOf(operation)) / allWeights)
      try {
        await fc.assert(
          fc.asyncProperty(casesFor(operation), async asked => {
            const answer = await wire.ask(write(operation, asked, accounts), asked.method === 'HEAD')
            for (const count of [tally, answered]) count.add(answer?.status ?? 'closed')
            assertAnswer(operation, asked, answer)
          }),
          { numRuns, seed: SEED },
        )
      } finally {
        wire.close()
      }
      t.diagnostic(`${route}: ${tally}`)
      const successes = [...operation.responses.keys()].filter(status => status < 300)
      if (numRuns > 30) assert.ok(successes.some(tally.has), 'nothing has succeeded: these were no tests')
    })
  }
})

describe('the service behind random requests', () => {
  it('is ready, and has logged no error', async t => {
    const seconds = Math.round((performance.now() - started) / 1000)
    t.diagnostic(`seed ${SEED} (FUZZ_SEED), ${answered.total()} requests in ${seconds} s: ${answered}`)
    assert.equal((await createClient(app.url).ask('GET', '/health/ready')).status, 200)
    assert.deepEqual(
      app.logged.filter(({ level }) => Number(level) >= 50),
      [],
    )
  })

  it('has logged nothing of the requests', () => {
    assert.doesNotMatch(JSON.stringify(app.logged.map(({ event: _, ...line }) => line)), /mArKeR7qZx/i)
  })
})

/** Somebody active, somebody pending, and many whose code is there to be typed in once. */
async function createAccounts(count: number): Promise<Accounts> {
  const client = createClient(app.url)
  const fresh: Pending[] = []
  while (fresh.length < count) {
    const some = Array.from({ length: Math.min(20, count - fresh.length) }, async () => {
      const email = newAddress()
      const { body } = await client.register(email)
      return { id: String(body.id), email, password: PASSWORD, code: await app.mail.codeFor(email) }
    })
    fresh.push(...(await Promise.all(some)))
  }
  let next = 0
  const supply = () => {
    next += 1
    return fresh[next % fresh.length] ?? assert.fail('there is none')
  }
  return { active: await signUpActive(app), pending: await signUp(app), fresh: supply }
}
