import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { v7 as newId } from 'uuid'
import { type CourierPorts, startCourier } from '../../src/application/courier.ts'
import type { HandOverResult } from '../../src/application/outbox.ts'
import { registerMany, startBench, statementsOn } from '../support/fixtures.ts'

const PEOPLE = 250

describe('two couriers on one outbox', () => {
  it('hand each of 500 messages over exactly once', async () => {
    const bench = await startBench()
    await registerMany(bench, PEOPLE)
    const handedOver: { by: string; id: string }[] = []
    const emptied = async (): Promise<void> => {
      while ((await bench.rows('select from outbox limit 1')).length > 0) await nextTurn()
    }

    const start = (by: string) => {
      const database = bench.open(2)
      const { claimMessages, renewLeases, settleMessages } = statementsOn(database)
      const handOver = async ({ id }: { id: string }): Promise<HandOverResult> => {
        await nextTurn()
        handedOver.push({ by, id })
        return { result: 'accepted' }
      }
      const ports: CourierPorts = {
        claim: claimMessages,
        renewLeases,
        bringForward: assert.fail,
        settle: settleMessages,
        handOverMail: handOver,
        publishEvent: handOver,
        audit: () => {},
        count: () => {},
        newId,
        log: { info: () => {}, warn: assert.fail, error: assert.fail },
        monotonicSeconds: () => performance.now() / 1000,
        random: Math.random,
      }
      const limits = {
        concurrency: { mail: 10, event: 10 },
        giveUpMailAfterSeconds: 3600,
        renewLeasesMs: 1000,
        pollMs: 10,
        spacingMs: 0,
        settleSpacingMs: 0,
      }
      const courier = startCourier(ports, limits)
      return {
        stop: async () => {
          await courier.stop(10_000)
          await database.close()
        },
      }
    }

    const couriers = [start('one'), start('other')]
    await emptied()
    await Promise.all(couriers.map(courier => courier.stop()))

    assert.equal(handedOver.length, 2 * PEOPLE)
    assert.equal(new Set(handedOver.map(({ id }) => id)).size, 2 * PEOPLE)
    assert.deepEqual([...new Set(handedOver.map(({ by }) => by))].toSorted(), ['one', 'other'])
    const waiting = await bench.rows('select from users where code_expires_at is null')
    assert.deepEqual(waiting, [], 'every minute has begun')
    await bench.close()
  })
})
