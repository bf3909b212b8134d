import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAdmission, type Urgency } from './hash-admission.ts'

/** An admission whose work begins when its turn comes and ends when the test says so, after `tookMs`. */
const world = (options: { concurrency: number; queueMs: number }) => {
  let nowMs = 0
  const observed: string[] = []
  const observer = {
    waited: () => {},
    took: () => observed.push('took'),
    refused: (urgency: Urgency) => observed.push(`refused ${urgency}`),
  }
  const { admit, hasRoom } = createAdmission({ ...options, nowMs: () => nowMs, observer })
  const begun: string[] = []
  const ends = new Map<string, () => void>()

  const ask = (name: string, urgency: Urgency = 'later', gone?: AbortSignal) =>
    admit(
      urgency,
      () => {
        begun.push(name)
        return new Promise<string>(resolve => ends.set(name, () => resolve(name)))
      },
      gone,
    )

  const finish = async (name: string, tookMs = 0): Promise<void> => {
    nowMs += tookMs
    ends.get(name)?.()
    await new Promise(setImmediate)
  }

  return { admit, hasRoom, ask, finish, begun, observed }
}

const isRefused = async (outcome: Promise<{ ok: boolean }>): Promise<boolean> => {
  const waits = Symbol()
  const first = await Promise.race([outcome, new Promise(resolve => setImmediate(resolve, waits))])
  return first !== waits && !(first as { ok: boolean }).ok
}

describe('admission', () => {
  it('returns the result of the work', async () => {
    const { admit } = world({ concurrency: 1, queueMs: 1000 })
    assert.deepEqual(await admit('first', async () => 'done'), { ok: true, value: 'done' })
  })

  it('runs as many at once as it may, the others in the order in which they came', async () => {
    const { ask, finish, begun } = world({ concurrency: 2, queueMs: 1000 })
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
    const { ask, finish, begun } = world({ concurrency: 1, queueMs: 1000 })
    ask('running')
    ask('register 1', 'later')
    ask('register 2', 'later')
    ask('activate 1', 'first')
    ask('activate 2', 'first')
    for (const name of ['running', 'activate 1', 'activate 2', 'register 1']) await finish(name)
    assert.deepEqual(begun, ['running', 'activate 1', 'activate 2', 'register 1', 'register 2'])
  })

  it('gives a slot to whoever waits, not to whoever comes at that moment', async () => {
    const { admit, ask, begun } = world({ concurrency: 1, queueMs: 1000 })
    const running = admit('later', async () => {})
    ask('waits')
    running.then(() => ask('comes'))
    await running
    await new Promise(setImmediate)
    assert.deepEqual(begun, ['waits'])
  })

  it('refuses at once what would have to wait too long, and nothing before', async () => {
    // Two at a time, 20 ms each to begin with: 10 that wait keep the last of them waiting for 100 ms.
    const { ask } = world({ concurrency: 2, queueMs: 100 })
    ask('running 1')
    ask('running 2')
    for (let n = 1; n <= 10; n += 1) assert.equal(await isRefused(ask(`${n}`)), false, `${n}`)
    const outcome = await ask('one too many')
    assert.ok(!outcome.ok && outcome.refusal === 'overloaded')
    assert.ok([1, 2, 3, 4].includes(outcome.retryAfterSeconds))
  })

  it('says beforehand whether it has room, as it would then decide', async () => {
    const { ask, finish, hasRoom } = world({ concurrency: 1, queueMs: 20 })
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
    const { ask } = world({ concurrency: 1, queueMs: 20 })
    ask('running')
    ask('waits', 'later')
    assert.equal(await isRefused(ask('register', 'later')), true)
    assert.equal(await isRefused(ask('activate', 'first')), false)
    assert.equal(await isRefused(ask('activate', 'first')), true)
  })

  it('lets nothing wait when told not to', async () => {
    const { ask, finish } = world({ concurrency: 1, queueMs: 0 })
    ask('running')
    assert.equal(await isRefused(ask('refused')), true)
    await finish('running')
    assert.equal(await isRefused(ask('admitted')), false)
  })

  it('estimates the wait by how long the work has taken', async () => {
    const { ask, finish } = world({ concurrency: 1, queueMs: 100 })
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

  it('does not begin what nobody waits for any more, and lets the others move up', async () => {
    const { ask, finish, begun } = world({ concurrency: 1, queueMs: 40 })
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
    const { ask, begun } = world({ concurrency: 1, queueMs: 1000 })
    assert.equal(await isRefused(ask('gone', 'first', AbortSignal.abort())), true)
    ask('next')
    assert.deepEqual(begun, ['next'])
  })

  it('tells its observer who is refused, and nothing of who goes', async () => {
    const { ask, finish, hasRoom, observed } = world({ concurrency: 1, queueMs: 20 })
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
    const { ask, finish, begun } = world({ concurrency: 1, queueMs: 1000 })
    const client = new AbortController()
    ask('running', 'later', client.signal)
    ask('next')
    client.abort()
    await new Promise(setImmediate)
    assert.deepEqual(begun, ['running'])
    await finish('running')
    assert.deepEqual(begun, ['running', 'next'])
  })

  it('refuses whoever has waited far too long because what is first kept coming', async () => {
    const { ask, finish, begun } = world({ concurrency: 1, queueMs: 50 })
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
    const { admit, ask, begun } = world({ concurrency: 1, queueMs: 1000 })
    const failing = admit('later', () => Promise.reject(new Error('out of memory')))
    ask('next')
    await assert.rejects(failing, /out of memory/)
    assert.deepEqual(begun, ['next'])
  })
})
