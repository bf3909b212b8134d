import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { startMailProvider } from '../support/mail-provider.ts'
import { startBetterAuth } from './sides.ts'

/** Signs one person up at better-auth, as far as a session; throws when anything of it is not as it should be. */
export const checkSignUp = async (server: string): Promise<void> => {
  await using running = new AsyncDisposableStack()
  const mail = await startMailProvider()
  running.defer(mail.close)
  const { url } = await startBetterAuth(running, server, mail.url, 'better_auth_check')
  const email = `${randomUUID()}@example.com`
  const password = 'Correct-Horse-7'

  const post = async (path: string, body: object) => {
    const response = await fetch(`${url}/api/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  const signedUp = await post('/sign-up/email', { name: 'Someone', email, password })
  assert.equal(signedUp.status, 200, 'signs up')
  assert.equal(signedUp.body.token, null, 'makes no session by signing up')
  const early = await post('/sign-in/email', { email, password })
  assert.equal(early.status, 403, 'lets nobody in before the address is verified')

  const code = await codeFor(email, mail.arrivals)
  const wrong = await post('/email-otp/verify-email', { email, otp: code === '0000' ? '1111' : '0000' })
  assert.equal(wrong.status, 400, 'rejects another code')
  const verified = await post('/email-otp/verify-email', { email, otp: code })
  assert.equal(verified.status, 200, 'takes the code that was mailed')

  const signedIn = await post('/sign-in/email', { email, password })
  assert.equal(signedIn.status, 200, 'lets in who is verified')
  assert.equal(typeof signedIn.body.token, 'string', 'makes a session by signing in')
  const stranger = await post('/sign-in/email', { email, password: 'Wrong-Horse-7' })
  assert.equal(stranger.status, 401, 'rejects another password')
}

async function codeFor(
  email: string,
  arrivals: readonly { to: string; code: string | undefined }[],
): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const code = arrivals.find(({ to }) => to === email)?.code
    if (code) return code
    await sleep(50)
  }
  throw new Error('no code was mailed')
}
