import type { Credentials, Sending } from './types.js'

export type Request = Sending & {
  method: string
  url: string
  credentials?: Credentials
  body?: object
}

export type Received = {
  status: number
  mediaType: string
  /** The body, if it is a JSON object. */
  json: Record<string, unknown> | undefined
  retryAfter: string | null
}

/**
 * Sends a request and reads all that comes back. Throws when nothing does, with nothing of the request in the
 * message but method and URL; when it was ended by its signal, the reason of that.
 */
export const send = async (
  fetch: typeof globalThis.fetch,
  { method, url, credentials, body, headers, signal }: Request,
): Promise<Received> => {
  const init: RequestInit = {
    method,
    headers: {
      ...headers,
      ...(credentials && { authorization: basic(credentials) }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
    // Vestibule sends nobody elsewhere, and a password must not follow whoever does.
    redirect: 'error',
    // Without this, a browser answers a 401 with a dialogue of its own.
    credentials: 'omit',
  }
  try {
    const response = await fetch(url, init)
    return {
      status: response.status,
      mediaType: response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '',
      json: parseObject(await response.text()),
      retryAfter: response.headers.get('retry-after'),
    }
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new Error(`${method} ${url}: no answer`, { cause })
  }
}

/** RFC 7617, in UTF-8. */
const basic = ({ email, password }: Credentials): string => {
  // The first colon ends the user id; what comes after it would count as the beginning of the password.
  if (email.includes(':')) throw new TypeError('an e-mail address for Basic credentials has no colon')
  const bytes = new TextEncoder().encode(`${email}:${password}`)
  return `Basic ${btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''))}`
}

/** The error of `JSON.parse` would quote what was read: it stays here. */
const parseObject = (text: string): Received['json'] => {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? { ...json } : undefined
  } catch {
    return undefined
  }
}
