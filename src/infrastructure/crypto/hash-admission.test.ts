import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { admissionWorld, isRefused } from '../../../test/support/admission-world.ts'

describe('admission', () => {
  it('returns the result of the work', async () => {
    const { admit } = admissionWorld({ concurrency: 1, queueMs: 1000 })
    assert.deepEqual(await admit('first', async () => 'done'), { ok: true, value: 'done' })
  })

  it('runs as many at once as it may, the others in the order in which they came', async () => {
    const { ask, finish, begun } = admissionWorld({ concurrency: 2, queueMs: 1000 })
    for (const name of ['a', 'b', 'c', 'd']) ask(name)
    assert.deepEqual(begun, ['a', 'b'])
    await finish('b')
    assert.deepEqual(begun, ['a', 'b', 'c'])
    await finish('a')
    await finish('c')
    await finish('d')
    ask('e')
    ask('f')
    ask('g')
    assert.deepEqual(begun, ['a', 'b', 'c', 'd', 'e', 'f'])
  })

  it('lets what is first go before what is later', async () => {
    const { ask, finish, begun } = admissionWorld({ concurrency: 1, queueMs: 1000 })
    ask('running')
    ask('register 1', 'later')
    ask('register 2', 'later')
    ask('activate 1', 'first')
    ask('activate 2', 'first')
    for (const name of ['running', 'activate 1', 'activate 2', 'register 1']) await finish(name)
    assert.deepEqual(begun, ['running', 'activate 1', 'activate 2', 'register 1', 'register 2'])
  })

  it('gives a slot to whoever waits, not to whoever comes at that moment', async () => {
    const { admit, ask, begun } = admissionWorld({ concurrency: 1, queueMs: 1000 })
    const running = admit('later', async () => {})
    ask('waits')
    running.then(() => ask('comes'))
    await running
    await new Promise(setImmediate)
    assert.deepEqual(begun, ['waits'])
  })

  it('refuses at once what would have to wait too long, and nothing before', async () => {
    // Two at a time, 20 ms each to begin with: 10 that wait keep the last of them waiting for 100 ms.
    const { ask } = admissionWorld({ concurrency: 2, queueMs: 100 })
    ask('running 1')
    ask('running 2')
    for (let n = 1; n <= 10; n += 1) assert.equal(await isRefused(ask(`${n}`)), false, `${n}`)
    const outcome = await ask('one too many')
    assert.ok(!outcome.ok && outcome.refusal === 'overloaded')
    assert.ok([1, 2, 3, 4].includes(outcome.retryAfterSeconds))
  })

  it('says beforehand whether it has room, as it would then decide', async () => {
    const { ask, finish, hasRoom } = admissionWorld({ concurrency: 1, queueMs: 20 })
    const rooms = () => [hasRoom('first'), hasRoom('later')]
    assert.deepEqual(rooms(), [true, true])
    ask('running')
    assert.deepEqual(rooms(), [true, true])
    ask('waits', 'later')
    assert.deepEqual(rooms(), [true, false])
    ask('waits too', 'first')
    assert.deepEqual(rooms(), [false, false])
    for (const name of ['running', 'waits too', 'waits']) await finish(name)
    assert.deepEqual(rooms(), [true, true])
  })

  it('admits what is first as if nothing later waited', async () => {
    const { ask } = admissionWorld({ concurrency: 1, queueMs: 20 })
    ask('running')
    ask('waits', 'later')
    assert.equal(await isRefused(ask('register', 'later')), true)
    assert.equal(await isRefused(ask('activate', 'first')), false)
    assert.equal(await isRefused(ask('activate', 'first')), true)
  })

  it('lets nothing wait when told not to', async () => {
    const { ask, finish } = admissionWorld({ concurrency: 1, queueMs: 0 })
    ask('running')
    assert.equal(await isRefused(ask('refused')), true)
    await finish('running')
    assert.equal(await isRefused(ask('admitted')), false)
  })

  it('estimates the wait by how long the work has taken', async () => {
    const { ask, finish } = admissionWorld({ concurrency: 1, queueMs: 100 })
    for (let n = 0; n < 50; n += 1) {
      ask(`slow ${n}`)
      await finish(`slow ${n}`, 200)
    }
    ask('running')
    assert.equal(await isRefused(ask('would wait for 200 ms')), true)
    await finish('running', 200)

    for (let n = 0; n < 50; n += 1) {
      ask(`fast ${n}`)
      await finish(`fast ${n}`, 10)
    }
    ask('running again')
    for (let n = 0; n < 5; n += 1) assert.equal(await isRefused(ask(`waits ${n}`)), false)
  })

  it('refuses whoever has waited far too long because what is first kept coming', async () => {
    const { ask, finish, begun } = admissionWorld({ concurrency: 1, queueMs: 50 })
    ask('running')
    const late = ask('register', 'later')
    ask('activate', 'first')
    await finish('running', 60)
    await finish('activate', 60)
    assert.equal(await isRefused(late), true)
    ask('next')
    assert.deepEqual(begun, ['running', 'activate', 'next'])
  })

  it('throws the error of the work, and gives its slot to the next', async () => {
    const { admit, ask, begun } = admissionWorld({ concurrency: 1, queueMs: 1000 })
    const failing = admit('later', () => Promise.reject(new Error('out of memory')))
    ask('next')
    await assert.rejects(failing, /out of memory/)
    assert.deepEqual(begun, ['next'])
  })
})
