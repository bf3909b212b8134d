/** The public API of Vestibule, as any other front end would use it. */

/**
 * What came of a request: what the API answered, or a problem document, or `offline` or `gone` when there was no
 * answer.
 * @typedef {{ ok: true, status: number, body: any }} Answered
 * @typedef {{ ok: false, code: string, retryAfter: number, errors: { pointer: string, rule: string, detail: string }[], attemptsLeft?: number, id: string }} Failed
 * @typedef {{ email: string, password: string }} Credentials
 */

const PATIENCE_MS = 20_000

/**
 * @param {string} method
 * @param {string} path
 * @param {{ body?: object, credentials?: Credentials }} [options]
 * @returns {Promise<Answered | Failed>}
 */
const ask = async (method, path, { body, credentials } = {}) => {
  try {
    const response = await fetch(path, {
      method,
      // Without this, a browser would answer a 401 with a dialogue of its own.
      credentials: 'omit',
      cache: 'no-store',
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(credentials && { authorization: basic(credentials) }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const answer = await response.json()
    if (response.ok) return { ok: true, status: response.status, body: answer }
    return {
      ok: false,
      code: answer.code,
      // Seconds; a proxy in front may write a date, which is as good as nothing here.
      retryAfter: Number(response.headers.get('retry-after')) || 1,
      errors: answer.errors ?? [],
      attemptsLeft: answer.attempts_left,
      id: answer.correlation_id,
    }
  } catch {
    const code = navigator.onLine ? 'gone' : 'offline'
    return { ok: false, code, retryAfter: 1, errors: [], id: '' }
  }
}

/** RFC 7617, in UTF-8. @param {Credentials} credentials */
const basic = ({ email, password }) => {
  const bytes = new TextEncoder().encode(`${email}:${password}`)
  return `Basic ${btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''))}`
}

/** @param {Credentials} credentials */
export const register = ({ email, password }) => ask('POST', 'users', { body: { email, password } })

/** @param {Credentials} credentials @param {string} code */
export const activate = (credentials, code) => ask('POST', 'users/activate', { credentials, body: { code } })

/** @param {Credentials} credentials */
export const resend = credentials => ask('POST', 'users/resend-code', { credentials })

/** @param {Credentials} credentials */
export const codeStatus = credentials => ask('GET', 'users/me/code', { credentials })

/**
 * The rules for passwords that can be judged while somebody types, from the description of the API; the page
 * carries them, because all of /openapi.json is larger than the page.
 * @returns {{ rule: string, pattern: string, detail: string }[]}
 */
export const passwordRules = () => JSON.parse(document.body.dataset.passwordRules ?? '[]')
