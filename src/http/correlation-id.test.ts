import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { correlationId } from './correlation-id.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

describe('correlationId', () => {
  for (const id of ['a', 'A-z_0.9', 'x'.repeat(64)]) {
    it(`keeps ${id.slice(0, 10)}, ${id.length} long`, () => assert.equal(correlationId(id), id))
  }

  for (const id of [undefined, '', 'x'.repeat(65), ' a', 'a ', 'a\nb', 'a"b', 'ä', ['a'], ['a', 'b']]) {
    it(`makes a new one for ${JSON.stringify(id)?.slice(0, 10)}`, () => {
      assert.match(correlationId(id), UUID)
      assert.notEqual(correlationId(id), correlationId(id))
    })
  }
})
