import { startChild } from './child.ts'

/** What can be timed: from when a request was due to its answer; of a mail, from when its request was due. */
export type Step = 'register' | 'activate' | 'me' | 'live' | 'mail'

/** So many at once, each as soon as it has its answer; or so many a second, whatever becomes of them. */
export type Loop = { clients: number } | { perSecond: number }

/** A load, as the load process is told. `journey`: registers, waits for the mail, activates with its code. */
export type Order = {
  kind: 'register' | 'activate' | 'journey' | 'me' | 'live'
  /** Of all instances, which are asked by turns. */
  urls: string[]
  seconds: number
  loop: Loop
  /** Whether the mails come to the same process, which then waits for them before it reports. */
  mailsComeHere: boolean
  /** From the mail to the activation; from half of it to half as much again. */
  thinkSeconds?: number
}

/** Milliseconds. */
export type Latency = { count: number; p50: number; p95: number; p99: number }

export type LoadReport = {
  /** Until the last answer. */
  seconds: number
  /** By step and status, such as `register 201`; `0` stands for a connection that was closed or refused. */
  answers: Record<string, Latency>
}

export type LoadProcess = {
  /** Where it takes mails. */
  mailUrl: string
  run: (order: Order) => Promise<LoadReport>
  /** How many mails have come in so far, and the processor time of the process. */
  state: () => Promise<{ mails: number; cpuSeconds: number }>
}

/** Longer than the last requests and their mails take. */
const GRACE_SECONDS = 90

export const startLoad = async (running: AsyncDisposableStack): Promise<LoadProcess> => {
  const { child, first } = await startChild<string>(running, 'load-process.ts')
  return {
    mailUrl: first,
    run: order => child.ask(order, order.seconds + GRACE_SECONDS),
    state: () => child.ask('state', GRACE_SECONDS),
  }
}

const NOTHING: Latency = { count: 0, p50: Number.NaN, p95: Number.NaN, p99: Number.NaN }

export const answersOf = ({ answers }: LoadReport, key: `${Step} ${number}`): Latency =>
  answers[key] ?? NOTHING

/** Those of a status, in a second. */
export const rateOf = (report: LoadReport, key: `${Step} ${number}`): number =>
  answersOf(report, key).count / report.seconds

/** Throws unless everything was answered with one of these: a figure is worth nothing beside failures. */
export const expectOnly = (report: LoadReport, ...keys: `${Step} ${number}`[]): void => {
  const others = Object.keys(report.answers).filter(key => !keys.includes(key as `${Step} ${number}`))
  const some = others.map(key => `${report.answers[key]?.count} × ${key}`)
  if (some.length > 0) throw new Error(`other answers than were expected: ${some.join(', ')}`)
}
