import { randomUUID } from 'node:crypto'

export const PASSWORD = 'Correct-Horse-7'

/** An address that no other test uses. */
export const newAddress = (): string => `user-${randomUUID()}@example.com`

export type Answer = { status: number; headers: Headers; body: Record<string, unknown> }

export const basicAuth = (email: string, password = PASSWORD): string =>
  `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}`

/** What a client developer's program would do, with nothing but fetch. */
export const createClient = (url: string) => {
  const ask = async (
    method: string,
    path: string,
    options: { body?: unknown; headers?: Record<string, string> } = {},
  ) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(options.body !== undefined && { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
    })
    const text = await response.text()
    const isJson = text !== '' && response.headers.get('content-type')?.includes('json')
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : { text },
    } as Answer
  }
  return {
    ask,
    register: (email: string, password = PASSWORD, more: object = {}) =>
      ask('POST', '/users', { body: { email, password, ...more } }),
    activate: (email: string, code: unknown, password = PASSWORD) =>
      ask('POST', '/users/activate', {
        body: { code },
        headers: { authorization: basicAuth(email, password) },
      }),
    resend: (email: string, password = PASSWORD) =>
      ask('POST', '/users/resend-code', { headers: { authorization: basicAuth(email, password) } }),
    me: (email: string, password = PASSWORD) =>
      ask('GET', '/users/me', { headers: { authorization: basicAuth(email, password) } }),
  }
}

export type Client = ReturnType<typeof createClient>
