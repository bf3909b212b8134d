import { Agent } from 'undici'
import { basicAuth } from '../support/client.ts'
import { type Operation, outcomeOf } from './history.ts'

/** Longer than anybody waits; then nobody knows what became of it. */
const PATIENCE_MS = 15_000

export type Who = { email: string; password: string }

/** Asks the service, and writes down everything that was asked and answered. */
export const createRecorder = (url: string, run: string) => {
  const operations: Operation[] = []
  const agent = new Agent({ connections: 1000 })
  let count = 0

  const ask = async (
    kind: Operation['kind'],
    who: Who,
    request: { method: string; path: string; body?: object; code?: string },
  ): Promise<Operation> => {
    count += 1
    const id = `${run}-${count}`
    const askedAt = performance.now()
    const answer = await read(id, who, request).catch(() => undefined)
    const problem = answer && answer.status >= 400 ? String(answer.body.code) : undefined
    const operation: Operation = {
      id,
      kind,
      ...who,
      ...(request.code !== undefined && { code: request.code }),
      askedAt,
      answeredAt: performance.now(),
      outcome: outcomeOf(kind, answer?.status, problem),
      ...answer,
      ...(problem !== undefined && { problem }),
    }
    operations.push(operation)
    return operation
  }

  const read = async (id: string, { email, password }: Who, request: Parameters<typeof ask>[2]) => {
    const { method, path, body } = request
    const {
      statusCode,
      headers,
      body: answered,
    } = await agent.request({
      origin: url,
      path,
      method: method as 'GET' | 'POST',
      headers: {
        'x-correlation-id': id,
        ...(path !== '/users' && { authorization: basicAuth(email, password) }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const retryAfter = headers['retry-after']
    return {
      status: statusCode,
      body: parsed(await answered.text()),
      ...(retryAfter !== undefined && { retryAfter: Number(retryAfter) }),
    }
  }

  return {
    operations,
    register: (who: Who) => ask('register', who, { method: 'POST', path: '/users', body: who }),
    activate: (who: Who, code: string) =>
      ask('activate', who, { method: 'POST', path: '/users/activate', body: { code }, code }),
    resend: (who: Who) => ask('resend', who, { method: 'POST', path: '/users/resend-code' }),
    me: (who: Who) => ask('me', who, { method: 'GET', path: '/users/me' }),
    close: () => agent.destroy(),
  }
}

export type Recorder = ReturnType<typeof createRecorder>

/** What is no JSON is not what the service says. */
const parsed = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text)
  } catch {
    return { text }
  }
}
