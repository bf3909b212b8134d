// The people who sign up, and their mailboxes, in a process of their own: it does what it is told by messages, and
// says what came of it. It is as lean as it can be, since it runs on the cores that it measures. To have people and
// mailboxes apart, start two of it.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from './figures.ts'
import { acceptEverything, openConnections } from './lean-http.ts'
import type { Latency, LoadReport, Order, Step } from './load-orders.ts'

type Person = { email: string; code: string }
/** Somebody who has asked to register, and waits for the mail. */
type Expectation = { since: number; from: Person[]; arrived?: (person: Person) => void }

const PASSWORD = 'Correct-Horse-7'
const CREATED = 201
const OK = 200
/** How long to wait for mails after the last answer. */
const PATIENCE_MS = 20_000

const LIVE = 'GET /health/live HTTP/1.1\r\nHost: bench\r\n\r\n'

/** By service: who has registered there and has a code; who is active. */
const registered = new Map<string, Person[]>()
const active = new Map<string, Person[]>()
const expected = new Map<string, Expectation>()
let times = new Map<string, number[]>()
let mails = 0

const mailbox = acceptEverything(body => {
  mails += 1
  if (expected.size > 0) receive(body.toString('latin1'))
})
mailbox.listen(0, '127.0.0.1')
await once(mailbox, 'listening')

process.on('message', async (order: Order | 'state') => {
  const { user, system } = process.cpuUsage()
  if (order === 'state') process.send?.({ mails, cpuSeconds: (user + system) / 1e6 })
  else process.send?.(await run(order))
})
process.on('disconnect', () => process.exit())
process.send?.(`http://127.0.0.1:${(mailbox.address() as AddressInfo).port}`)

async function run({
  kind,
  urls,
  loop,
  seconds,
  mailsComeHere,
  thinkSeconds = 0,
}: Order): Promise<LoadReport> {
  const { ask, close } = openConnections(urls)
  const here = { registered: listOf(registered, urls), active: listOf(active, urls) }
  times = new Map()
  const start = performance.now()
  const asking = {
    live: (since: number) => timed('live', since, LIVE),
    me: (since: number) =>
      timed('me', since, me(here.active[Math.floor(Math.random() * here.active.length)])),
    register,
    activate: (since: number) => {
      const person = here.registered.pop()
      return person && activate(person, since)
    },
    journey: async (since: number) => {
      const mailed = Promise.withResolvers<Person>()
      if ((await register(since, mailed.resolve)) !== CREATED) return
      const person = await mailed.promise
      if (thinkSeconds > 0) await sleep(thinkSeconds * 1000 * (0.5 + Math.random()))
      await activate(person, performance.now())
    },
  }[kind]

  if ('clients' in loop) await closedLoop(loop.clients)
  else await openLoop(loop.perSecond)
  const askedFor = performance.now() - start
  if (mailsComeHere) await untilAllMailsCame()
  expected.clear()
  close()
  return { seconds: askedFor / 1000, answers: summary(times) }

  /** So many clients, each of which asks again as soon as it has its answer. */
  async function closedLoop(clients: number): Promise<void> {
    const end = start + seconds * 1000
    const client = async (): Promise<void> => {
      while (performance.now() < end) {
        const asked = asking(performance.now())
        if (asked === undefined) return
        await asked
      }
    }
    await Promise.all(Array.from({ length: clients }, client))
  }

  /** So many requests a second, whatever becomes of those before, at random moments: what real people do. */
  async function openLoop(perSecond: number): Promise<void> {
    const gap = (): number => (-Math.log(1 - Math.random()) / perSecond) * 1000
    const end = start + seconds * 1000
    const asked: unknown[] = []
    let due = start + gap()
    while (due < end) {
      await sleep(Math.max(0, due - performance.now()))
      // Counted from when it was due: that this process was late is no time that a service gets as a gift.
      for (const now = performance.now(); due <= now && due < end; due += gap()) asked.push(asking(due))
    }
    await Promise.all(asked)
  }

  async function register(since: number, arrived?: (person: Person) => void): Promise<number> {
    const email = `${randomUUID()}@example.com`
    if (mailsComeHere) expected.set(email, { since, from: here.registered, ...(arrived && { arrived }) })
    const status = await timed(
      'register',
      since,
      post('/users', `{"email":"${email}","password":"${PASSWORD}"}`),
    )
    if (status !== CREATED) expected.delete(email)
    return status
  }

  async function activate(person: Person, since: number): Promise<void> {
    const body = `{"code":"${person.code}"}`
    const status = await timed('activate', since, post('/users/activate', body, authorization(person)))
    if (status === OK) here.active.push(person)
  }

  async function timed(step: Step, since: number, request: string): Promise<number> {
    const status = await ask(request)
    note(step, status, since)
    return status
  }
}

function receive(mail: string): void {
  const email = /"to":"([^"]+)"/.exec(mail)?.[1] ?? ''
  const expectation = expected.get(email)
  if (!expectation) return
  expected.delete(email)
  note('mail', OK, expectation.since)
  const person = { email, code: /\\n *(\d{4,8})\\n/.exec(mail)?.[1] ?? '' }
  if (expectation.arrived) expectation.arrived(person)
  else expectation.from.push(person)
}

async function untilAllMailsCame(): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (expected.size > 0 && performance.now() < deadline) await sleep(10)
}

function note(step: Step, status: number, since: number): void {
  const key = `${step} ${status}`
  let took = times.get(key)
  if (!took) {
    took = []
    times.set(key, took)
  }
  took.push(performance.now() - since)
}

function summary(of: Map<string, number[]>): LoadReport['answers'] {
  const latencies = [...of].map(([key, took]): [string, Latency] => {
    const sorted = Float64Array.from(took).sort()
    const at = (share: number): number => quantile(sorted, share)
    return [key, { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) }]
  })
  return Object.fromEntries(latencies)
}

function post(path: string, body: string, headers = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`
}

function me(person: Person | undefined): string {
  return `GET /users/me HTTP/1.1\r\nHost: bench\r\n${person ? authorization(person) : ''}\r\n`
}

function authorization({ email }: Person): string {
  return `Authorization: Basic ${Buffer.from(`${email}:${PASSWORD}`).toString('base64')}\r\n`
}

function listOf(lists: Map<string, Person[]>, urls: readonly string[]): Person[] {
  const key = urls.join(' ')
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}
