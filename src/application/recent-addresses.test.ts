import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRecentAddresses } from './recent-addresses.ts'

const GENERATION = 10

/** `count` addresses, numbered from `first`. */
const people = (count: number, first = 0): string[] =>
  Array.from({ length: count }, (_, index) => `user-${first + index}@example.com`)

const remembering = (addresses: string[]) => {
  const recent = createRecentAddresses(GENERATION)
  for (const address of addresses) recent.add(address)
  return recent
}

describe('recent addresses', () => {
  it('know no address at first', () => {
    assert.equal(createRecentAddresses().has('user-0@example.com'), false)
  })

  it('know the address they were told of, and no other', () => {
    const recent = remembering(people(1))
    assert.equal(recent.has('user-0@example.com'), true)
    assert.equal(recent.has('user-1@example.com'), false)
    assert.equal(recent.has('USER-0@example.com'), false)
  })

  it('know the latest ones at any time, as many as a generation has', () => {
    const everybody = people(GENERATION * 5)
    const recent = createRecentAddresses(GENERATION)
    for (const [n, address] of everybody.entries()) {
      recent.add(address)
      const last = everybody.slice(Math.max(0, n + 1 - GENERATION), n + 1)
      assert.ok(last.every(recent.has), `after ${n + 1}`)
    }
  })

  it('never know more than two generations', () => {
    const everybody = people(GENERATION * 5)
    const recent = createRecentAddresses(GENERATION)
    for (const address of everybody) {
      recent.add(address)
      assert.ok(everybody.filter(recent.has).length <= GENERATION * 2)
    }
  })

  it('forget the oldest first', () => {
    const recent = remembering(people(GENERATION * 2 + 1))
    assert.deepEqual(people(GENERATION).filter(recent.has), [])
    assert.ok(people(GENERATION + 1, GENERATION).every(recent.has))
  })

  it('count an address once, however often it comes', () => {
    const recent = remembering(people(GENERATION))
    for (let times = 0; times < GENERATION * 3; times += 1) recent.add('user-3@example.com')
    assert.ok(people(GENERATION).every(recent.has))
  })

  it('keep an address that comes back while others come and go', () => {
    const recent = remembering(['regular@example.com'])
    for (const address of people(GENERATION * 10)) {
      recent.add(address)
      assert.ok(recent.has('regular@example.com'))
      recent.add('regular@example.com')
    }
  })
})
