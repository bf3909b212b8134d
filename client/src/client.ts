import { type Received, type Request, send } from './send.ts'
import type {
  Answer,
  Credentials,
  Problem,
  ProblemCode,
  Registration,
  Route,
  Sending,
  Success,
} from './types.js'

export type { Answer, Credentials, Problem, ProblemCode, Registration, Sending, Success }

export type ClientOptions = Sending & {
  /** Where Vestibule is reached, without the path of a route: `https://accounts.example.com`. */
  url: string
  /** In the place of the global `fetch`. */
  fetch?: typeof fetch
}

/**
 * A client of Vestibule: one function for each route. What Vestibule answers is a value, `{ ok: true, … }` or
 * `{ ok: false, problem }`. What is no answer of Vestibule, or none at all, is thrown: then it is unknown what became
 * of the request, and safe to repeat it. To make a client costs nothing, and it keeps nothing that it is asked.
 */
export const createClient = ({ url, fetch: given = fetch, ...always }: ClientOptions) => {
  const base = baseOf(url)

  const ask = async <R extends Route>(
    route: R,
    asked: { credentials?: Credentials; body?: object },
    now: Sending = {},
  ): Promise<Answer<R>> => {
    const { method, path, statuses } = ROUTES[route]
    const request = { method, url: `${base}${path}`, ...asked, ...together(always, now) }
    const received = await send(given, request)
    // A problem with a known code, or JSON with the right status, is what the OpenAPI document says it is.
    return (success(received, statuses) || refusal(received) || misunderstood(request, received)) as Answer<R>
  }

  return {
    /** Asks for an account. Where Vestibule hides who is registered, the status is 202, and there is no id. */
    register: ({ email, password, locale }: Registration, sending?: Sending) =>
      ask('register', { body: { email, password, locale } }, sending),
    /** Proves with the code in the mail that it arrived. A code has 4, 6 or 8 digits. */
    activate: (credentials: Credentials, code: string, sending?: Sending) =>
      ask('activate', { credentials, body: { code } }, sending),
    /** Asks for a new code, which makes the one before it useless. */
    resendCode: (credentials: Credentials, sending?: Sending) => ask('resendCode', { credentials }, sending),
    /** Shows the account that the credentials belong to, active or not. */
    account: (credentials: Credentials, sending?: Sending) => ask('account', { credentials }, sending),
    /** Tells how much time and how many guesses the newest code has left, for forms that count down. */
    codeStatus: (credentials: Credentials, sending?: Sending) => ask('codeStatus', { credentials }, sending),
  }
}

export type Client = ReturnType<typeof createClient>

const ROUTES: { [route in Route]: { method: string; path: string; statuses: number[] } } = {
  register: { method: 'POST', path: '/users', statuses: [201, 202] },
  activate: { method: 'POST', path: '/users/activate', statuses: [200] },
  resendCode: { method: 'POST', path: '/users/resend-code', statuses: [202] },
  account: { method: 'GET', path: '/users/me', statuses: [200] },
  codeStatus: { method: 'GET', path: '/users/me/code', statuses: [200] },
}

/** Errors name the URL, and `fetch` takes none with credentials in it. */
const baseOf = (url: string): string => {
  if (!URL.canParse(url)) throw new TypeError('url is not an absolute URL')
  const { username, password, origin, pathname } = new URL(url)
  if (username !== '' || password !== '') throw new TypeError('url has credentials in it')
  return `${origin}${pathname.replace(/\/+$/, '')}`
}

const together = (always: Sending, now: Sending): Sending => {
  const both = always.signal && now.signal && AbortSignal.any([always.signal, now.signal])
  const signal = both ?? now.signal ?? always.signal
  return { headers: { ...always.headers, ...now.headers }, ...(signal && { signal }) }
}

const success = ({ status, mediaType, json }: Received, statuses: number[]) =>
  statuses.includes(status) && mediaType === 'application/json' && json && { ok: true, status, body: json }

const refusal = ({ status, mediaType, json, retryAfter }: Received) =>
  mediaType === 'application/problem+json' &&
  json &&
  Object.hasOwn(CODES, String(json.code)) && {
    ok: false,
    problem: { ...json, ...(LATER.includes(status) && { retryAfterSeconds: secondsOf(retryAfter) }) },
  }

const misunderstood = ({ method, url }: Request, { status, mediaType, json }: Received): never => {
  const code = typeof json?.code === 'string' && /^[a-z_]{1,64}$/.exec(json.code)?.[0]
  const what = [status, mediaType, code].filter(Boolean).join(' ')
  throw new Error(`${method} ${url}: this is no answer of Vestibule that this client knows: ${what}`)
}

/** The codes of the routes above. A problem with another one comes from somebody else, or from a newer Vestibule. */
const CODES: { [code in ProblemCode]: true } = {
  malformed_body: true,
  bad_request: true,
  duplicate_header: true,
  invalid_credentials: true,
  request_timeout: true,
  email_taken: true,
  already_active: true,
  body_too_large: true,
  unsupported_media_type: true,
  validation_failed: true,
  wrong_code: true,
  expired_code: true,
  exhausted_code: true,
  rate_limited: true,
  headers_too_large: true,
  internal_error: true,
  overloaded: true,
  unavailable: true,
}

/** The statuses that have a `Retry-After`. */
const LATER = [429, 503]

/** One second when a proxy has taken the header away. It may also be a date (RFC 9110, 10.2.3). */
const secondsOf = (retryAfter: string | null): number => {
  const text = retryAfter ?? ''
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000
  return Number.isNaN(seconds) ? 1 : Math.max(0, Math.ceil(seconds))
}
