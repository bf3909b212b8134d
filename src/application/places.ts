import { type CircuitPorts, createCircuit } from './circuit.ts'
import type { HandOverResult, Message, Topic } from './outbox.ts'

export type PlacesPorts = Pick<CircuitPorts, 'monotonicSeconds'> & {
  /** Told of a topic when its circuit opens, with the failure, and when it closes. */
  changed: (topic: Topic, failure: Parameters<CircuitPorts['changed']>[0]) => void
}

const TOPICS = ['mail', 'event'] as const

/**
 * The places for messages on their way: how many of each topic the circuits leave free, and whether somebody who
 * comes now may have one, or has to let older ones go first. What gives places back answers true when there is room
 * that was not there before.
 */
export const createPlaces = (
  most: Readonly<Record<Topic, number>>,
  longestPauseSeconds: number,
  { monotonicSeconds, changed }: PlacesPorts,
) => {
  const circuitOf = (topic: Topic) =>
    createCircuit(most[topic], longestPauseSeconds, {
      monotonicSeconds,
      changed: failure => changed(topic, failure),
    })
  const circuits = { mail: circuitOf('mail'), event: circuitOf('event') }
  /** Whether the outbox may hold more of a topic than was claimed last: what is older goes first. */
  const mayHoldMore = { mail: true, event: true }

  return {
    free: (): Record<Topic, number> => ({ mail: circuits.mail.free(), event: circuits.event.free() }),

    /** The failure by which the mail service was taken to be down; nothing while it answers. */
    noMailBecauseOf: () => circuits.mail.openedBy(),

    /** Gives places to what a claim has got that asked for so many; nothing, when the outbox could not be read. */
    take: (asked: Record<Topic, number>, claimed: Message[] | undefined): void => {
      for (const topic of TOPICS) {
        mayHoldMore[topic] = claimed === undefined || countOf(topic, claimed) === asked[topic]
      }
      for (const { topic } of claimed ?? []) circuits[topic].begin()
    },

    /** A claim that got all it asked for has probably left some, and places came free while it asked. */
    cameFreeSince: (claimed: Message[]): boolean =>
      TOPICS.some(topic => countOf(topic, claimed) > 0 && mayHoldMore[topic] && circuits[topic].free() > 0),

    /** Takes one place of each topic without a claim. False when what comes now has to wait. */
    takeOneOfEach: (): boolean => {
      if (!TOPICS.every(hasPlaceForNew)) return false
      for (const topic of TOPICS) circuits[topic].begin()
      return true
    },

    /** Gives the places of `takeOneOfEach` back unused. */
    giveBackOneOfEach: (): boolean => TOPICS.map(topic => circuits[topic].forgo()).includes(true),

    /** Gives back the place of a message, with what came of it. */
    giveBack: ({ topic, id }: Message, result: HandOverResult): boolean => circuits[topic].end(id, result),
  }

  /** While the far side is down, what has waited longest is tried, and one at a time. */
  function hasPlaceForNew(topic: Topic): boolean {
    return !mayHoldMore[topic] && !circuits[topic].openedBy() && circuits[topic].free() > 0
  }
}

const countOf = (topic: Topic, messages: Message[]): number =>
  messages.filter(message => message.topic === topic).length
