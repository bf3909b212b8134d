import type { TestContext } from 'node:test'
import type { SecurityEvent } from '../../src/application/audit.ts'
import { type Courier, type CourierLimits, startCourier } from '../../src/application/courier.ts'
import type { CountHandOver } from '../../src/application/hand-over-report.ts'
import type { ClaimMessages, HandOverResult, Message, Settlement } from '../../src/application/outbox.ts'
import { createNews } from './news.ts'

type Free = Parameters<ClaimMessages>[0]

/** Longer than any test: what happens in spite of it was not caused by polling. */
export const NEVER_MS = 15_000

/**
 * A courier with an outbox in memory, a clock that stands still, and a far side that accepts everything at
 * once. A test replaces `claim`, `handOver`, `settle`, `renew` and `bringForward`, and awaits what it wants to see
 * with `until`.
 */
export const createCourierWorld = (changes: Partial<CourierLimits> = {}) => {
  const news = createNews()
  const record = <Entry>(list: Entry[], entry: Entry): void => {
    list.push(entry)
    news.tell()
  }

  const world = {
    clock: { seconds: 0 },
    random: 0,
    /** What is due. */
    outbox: [] as Message[],
    claims: [] as Free[],
    /** Ids, in the order in which their hand-overs began. */
    begun: [] as string[],
    /** Those of them that went to the publisher of events. */
    published: [] as string[],
    /** One entry for each statement that went through. */
    settled: [] as Settlement[][],
    /** Ids, one entry for each renewal of leases that was asked for. */
    renewed: [] as string[][],
    /** Topics whose messages were made due at once. */
    broughtForward: [] as string[],
    counted: [] as Parameters<CountHandOver>[0][],
    audited: [] as SecurityEvent[],
    logged: [] as { level: string; fields: object; message: string }[],

    claim: async (free: Free): Promise<Message[]> => {
      const mail = world.outbox.filter(({ topic }) => topic === 'mail').slice(0, free.mail)
      const event = world.outbox.filter(({ topic }) => topic === 'event').slice(0, free.event)
      const taken = new Set([...mail, ...event])
      world.outbox = world.outbox.filter(message => !taken.has(message))
      return [...taken]
    },
    handOver: async (_id: string): Promise<HandOverResult> => ({ result: 'accepted' }),
    settle: async (_settlements: Settlement[]): Promise<void> => {},
    renew: async (_ids: string[]): Promise<void> => {},
    bringForward: async (_topic: string): Promise<void> => {},

    /** Waits until it holds; looked at whenever something was recorded. */
    until: (holds: () => boolean): Promise<void> => news.until(holds),

    settlements: (): Settlement[] => world.settled.flat(),
    settlementOf: (id: string): Settlement | undefined =>
      world.settlements().find(settlement => settlement.id === id),

    start: (t: TestContext): Courier => {
      const log = (level: string) => (fields: object, message: string) =>
        record(world.logged, { level, fields, message })
      const handOver = ({ id }: { id: string }) => {
        record(world.begun, id)
        return world.handOver(id)
      }
      const courier = startCourier(
        {
          claim: free => {
            record(world.claims, free)
            return world.claim(free)
          },
          settle: async settlements => {
            await world.settle(settlements)
            record(world.settled, settlements)
          },
          renewLeases: async messages => {
            const ids = messages.map(({ id }) => id)
            record(world.renewed, ids)
            await world.renew(ids)
          },
          bringForward: async topic => {
            record(world.broughtForward, topic)
            await world.bringForward(topic)
          },
          handOverMail: handOver,
          publishEvent: event => {
            world.published.push(event.id)
            return handOver(event)
          },
          audit: event => record(world.audited, event),
          count: handOver => record(world.counted, handOver),
          newId: () => `new-${world.settled.length}`,
          log: { info: log('info'), warn: log('warn'), error: log('error') },
          monotonicSeconds: () => world.clock.seconds,
          random: () => world.random,
        },
        {
          concurrency: { mail: 10, event: 10 },
          giveUpMailAfterSeconds: 3600,
          renewLeasesMs: NEVER_MS,
          pollMs: NEVER_MS,
          spacingMs: 1,
          settleSpacingMs: 1,
          ...changes,
        },
      )
      t.after(() => courier.stop(0))
      return courier
    },
  }
  return world
}

/** A courier that has looked into an empty outbox and waits, on a clock that has run for a while. */
export const startIdleCourier = async (t: TestContext, limits: Partial<CourierLimits> = {}) => {
  const world = createCourierWorld(limits)
  world.clock.seconds = 1000
  const courier = world.start(t)
  await world.until(() => world.claims.length === 1)
  await new Promise(setImmediate)
  return { world, courier }
}
