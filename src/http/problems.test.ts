import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { STATUS_OF } from '../../test/support/problems.ts'
import { PROBLEMS, problemDocument } from './problems.ts'

describe('the table of problems', () => {
  it('has the statuses of the contract', () => {
    const statuses = Object.fromEntries(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]))
    assert.deepEqual(statuses, STATUS_OF)
  })

  it('has a title for each, and says in whole sentences what happened and what to do', () => {
    for (const [code, { title, detail, remedy }] of Object.entries(PROBLEMS)) {
      assert.match(title, /^[A-Z][\w -]+$/, code)
      for (const text of [detail, remedy]) assert.match(text, /^[A-Z].*\.$/s, code)
    }
  })

  it('says the same of no two', () => {
    const problems = Object.values(PROBLEMS)
    for (const part of ['title', 'detail'] as const) {
      assert.equal(new Set(problems.map(problem => problem[part])).size, problems.length)
    }
  })
})

describe('problemDocument', () => {
  it('holds the members of RFC 9457, the code and the correlation id', () => {
    const { title, detail } = PROBLEMS.expired_code
    assert.deepEqual(problemDocument('expired_code', 'https://example.com', 'correlation-1'), {
      type: 'https://example.com/problems/expired_code',
      title,
      status: 422,
      detail,
      code: 'expired_code',
      correlation_id: 'correlation-1',
    })
  })

  it('holds what goes with it', () => {
    const document = problemDocument('wrong_code', '', 'correlation-1', { attempts_left: 2 })
    assert.equal(document.attempts_left, 2)
  })
})
