import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { admissionWorld, isRefused } from '../../../test/support/admission-world.ts'

describe('admission, of those who go', () => {
  it('does not begin what nobody waits for any more, and lets the others move up', async () => {
    const { ask, finish, begun } = admissionWorld({ concurrency: 1, queueMs: 40 })
    const clients = { leaves: new AbortController(), stays: new AbortController() }
    ask('running')
    const left = ask('leaves', 'later', clients.leaves.signal)
    ask('stays', 'later', clients.stays.signal)
    assert.equal(await isRefused(ask('too many')), true)
    clients.leaves.abort()
    assert.equal((await left).ok, false)
    ask('moves up')
    for (const name of ['running', 'stays', 'moves up']) await finish(name)
    assert.deepEqual(begun, ['running', 'stays', 'moves up'])
  })

  it('does not begin what nobody has waited for from the start', async () => {
    const { ask, begun } = admissionWorld({ concurrency: 1, queueMs: 1000 })
    assert.equal(await isRefused(ask('gone', 'first', AbortSignal.abort())), true)
    ask('next')
    assert.deepEqual(begun, ['next'])
  })

  it('tells its observer who is refused, and nothing of who goes', async () => {
    const { ask, finish, hasRoom, observed } = admissionWorld({ concurrency: 1, queueMs: 20 })
    const client = new AbortController()
    ask('running')
    const leaves = ask('leaves', 'later', client.signal)
    await ask('too many', 'later')
    hasRoom('later')
    assert.deepEqual(observed, ['refused later', 'refused later'])
    client.abort()
    await leaves
    await ask('gone', 'first', AbortSignal.abort())
    await finish('running')
    assert.deepEqual(observed, ['refused later', 'refused later', 'took'])
  })

  it('keeps the slot of what has begun until it ends, whoever has gone', async () => {
    const { ask, finish, begun } = admissionWorld({ concurrency: 1, queueMs: 1000 })
    const client = new AbortController()
    ask('running', 'later', client.signal)
    ask('next')
    client.abort()
    await new Promise(setImmediate)
    assert.deepEqual(begun, ['running'])
    await finish('running')
    assert.deepEqual(begun, ['running', 'next'])
  })
})
