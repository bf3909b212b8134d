import assert from 'node:assert/strict'
import { startApp } from './app.ts'
import { type Answer, basicAuth, createClient, newAddress, PASSWORD } from './client.ts'
import { countingHashing } from './counting.ts'
import { assertProblem, retryAfter } from './problems.ts'
import { settledCode } from './sign-up.ts'

/** The app, behind one proxy, so that a test can ask from many networks, and with a count of its hashes. */
export const startCountingApp = async (env: Record<string, string>) => {
  const { counted, hashing } = await countingHashing()
  const computed = (): number => counted.hashes + counted.verifications
  const app = await startApp({ env: { TRUST_PROXY: '1', ...env }, standIns: { hashing } })
  const { ask } = createClient(app.url)
  let networks = 0

  /** Somebody who asks from a network that nobody else uses. */
  const someoneElsewhere = () => {
    networks += 1
    const from = { 'x-forwarded-for': `10.${networks >> 8}.${networks & 255}.7` }
    const as = (email: string, password: string) => ({ ...from, authorization: basicAuth(email, password) })
    return {
      register: (email: string, password = PASSWORD) =>
        ask('POST', '/users', { headers: from, body: { email, password } }),
      activate: (email: string, code: string, password = PASSWORD) =>
        ask('POST', '/users/activate', { headers: as(email, password), body: { code } }),
      resend: (email: string, password = PASSWORD) =>
        ask('POST', '/users/resend-code', { headers: as(email, password) }),
      me: (email: string, password = PASSWORD) => ask('GET', '/users/me', { headers: as(email, password) }),
    }
  }

  /** Asks, while nothing else goes on, and tells how many hashes that took. */
  const measured = async (ask: () => Promise<Answer>): Promise<{ answer: Answer; hashed: number }> => {
    const before = computed()
    const answer = await ask()
    return { answer, hashed: computed() - before }
  }

  /** Someone with a code in hand. */
  const pending = async () => {
    const email = newAddress()
    assert.equal((await someoneElsewhere().register(email)).status, 201)
    return { email, code: await settledCode(app, email) }
  }

  return {
    ...app,
    someoneElsewhere,
    measured,
    pending,

    active: async () => {
      const person = await pending()
      assert.equal((await someoneElsewhere().activate(person.email, person.code)).status, 200)
      return person
    },

    /** Checks that a limit refuses a request, and does so before any hash; returns how long it says to wait. */
    assertLimited: async (policy: string, ask: () => Promise<Answer>): Promise<number> => {
      const { answer, hashed } = await measured(ask)
      assertProblem(answer, 'rate_limited')
      assert.equal(hashed, 0)
      const wait = retryAfter(answer)
      const [, name, window] = /^(".+");q=\d+;w=(\d+)$/.exec(policy) ?? []
      assert.equal(answer.headers.get('ratelimit-policy'), policy)
      assert.equal(answer.headers.get('ratelimit'), `${name};r=0;t=${wait}`)
      assert.equal(answer.headers.get('retry-after'), String(wait))
      assert.ok(wait <= Number(window), `${wait} <= ${window}`)
      return wait
    },
  }
}
