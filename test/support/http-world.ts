import { pino } from 'pino'
import type { RequestDone } from '../../src/application/request-report.ts'
import type { UseCases } from '../../src/application/use-cases.ts'
import { createServer, type ServerParts } from '../../src/http/server.ts'
import { type Client, createClient } from './client.ts'
import { createNews } from './news.ts'
import { activeUser, pendingUser } from './people.ts'
import { type Ends, useForAll } from './use-for-all.ts'

/** Where the service says that it is, as `assertProblem` expects it. */
export const PUBLIC_URL = 'http://localhost:8000'

const REGISTERED = { ok: true, user: pendingUser } as const

type HttpWorldOptions = Partial<Omit<ServerParts, 'useCases'>> & { useCases?: Partial<UseCases> }
type HttpWorld = Awaited<ReturnType<typeof startHttpWorld>>

/**
 * The HTTP server over a real socket, for as long as `t`, with use cases that all go well but for those that the
 * test replaces. What they were asked, what was logged and what was observed is written down.
 */
export const startHttpWorld = async (t: Ends, { useCases, ...parts }: HttpWorldOptions = {}) => {
  const asked: [useCase: string, ...input: unknown[]][] = []
  const logged: Record<string, unknown>[] = []
  const observed: RequestDone[] = []
  const news = createNews()
  const well: UseCases = {
    register: async () => REGISTERED,
    registerQuietly: undefined,
    activate: async () => REGISTERED,
    resend: async () => ({ ok: true, retryAfterSeconds: 30 }),
    lookAtCode: async () => ({
      ok: true,
      code: { length: 4, attemptsLeft: 2, expiresInSeconds: 41, resendInSeconds: 11 },
    }),
    authenticate: async () => ({ ok: true, user: activeUser }),
  }
  const given: UseCases = { ...well, ...useCases }
  const noting =
    <Name extends keyof UseCases>(name: Name) =>
    // biome-ignore lint/suspicious/noExplicitAny: whatever the use case of this name is asked and answers
    (...input: any[]): any => {
      asked.push([name, ...input])
      return (given[name] as (...input: unknown[]) => unknown)(...input)
    }
  const server = await createServer({
    useCases: {
      register: noting('register'),
      registerQuietly: given.registerQuietly && noting('registerQuietly'),
      activate: noting('activate'),
      resend: noting('resend'),
      lookAtCode: noting('lookAtCode'),
      authenticate: noting('authenticate'),
    },
    languages: ['en', 'fr'],
    isDraining: () => false,
    databaseAnswers: async () => true,
    hasRoomToHash: () => true,
    log: pino({ base: null, timestamp: false }, { write: line => logged.push(JSON.parse(line)) }),
    observeRequest: request => {
      observed.push(request)
      news.tell()
    },
    traceRequest: undefined,
    trustProxy: false,
    publicUrl: PUBLIC_URL,
    docs: false,
    web: {
      publicUrl: PUBLIC_URL,
      sender: 'Example & Co.',
      subject: language => `subject in ${language}`,
      mailboxUrl: undefined,
      afterActivationUrl: undefined,
    },
    version: '1.2.3',
    ...parts,
  })
  t.after(() => server.close())
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  // Where it listens is no news.
  logged.length = 0
  const client: Client = createClient(url)
  return {
    url,
    client,
    server,
    asked,
    logged,
    observed,
    /** Begins anew: nothing was asked, and the use cases are those of the start but for these. */
    begin: (replaced: Partial<UseCases> = {}): void => {
      asked.length = 0
      Object.assign(given, well, useCases, replaced)
    },
    /** Waits until so many requests are over. */
    over: (count: number): Promise<void> => news.until(() => observed.length >= count),
  }
}

/** One world for all tests of a file. */
export const useHttpWorld = (options: HttpWorldOptions = {}): HttpWorld =>
  useForAll(t => startHttpWorld(t, options))
