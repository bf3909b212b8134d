import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loginFailuresPolicy, sendsPolicy } from './budget.ts'

const HOUR = 3600
const DAY = 86_400

describe('sendsPolicy', () => {
  const lines: [
    what: string,
    budget: [spacing: number, hour: number, day: number],
    told: [number, number],
  ][] = [
    ['the line of a day, which is the longest', [30, 5, 10], [10, DAY]],
    ['the line of a day, be it the only one', [0, 0, 1], [1, DAY]],
    ['the line of an hour while that of a day is off', [30, 5, 0], [5, HOUR]],
    ['the line of an hour, be it the only one', [0, 1, 0], [1, HOUR]],
    ['one in the spacing while the other lines are off', [30, 0, 0], [1, 30]],
    ['one in a spacing of a second', [1, 0, 0], [1, 1]],
    ['a quota of 0 while every line is off', [0, 0, 0], [0, 0]],
  ]
  for (const [what, [spacingSeconds, perHour, perDay], [quota, windowSeconds]] of lines) {
    it(`tells ${what}`, () => {
      assert.deepEqual(sendsPolicy({ spacingSeconds, perHour, perDay }), {
        name: 'sends_per_address',
        quota,
        windowSeconds,
      })
    })
  }
})

describe('loginFailuresPolicy', () => {
  it('tells how many an address may have in a day', () => {
    assert.deepEqual(loginFailuresPolicy(100), {
      name: 'login_failures_per_address',
      quota: 100,
      windowSeconds: DAY,
    })
  })
})
