import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { newAddress } from '../support/client.ts'
import { type Bench, startBench } from '../support/fixtures.ts'

describe('findAccount', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench()
  })
  after(() => bench.close())

  it('finds a pending account with its password hash', async () => {
    const { email, passwordHash, user } = await bench.register()
    const { account } = await bench.statements.findAccount(email)
    assert.deepEqual(account, { user, passwordHash })
  })

  it('finds an active account with the time of its activation', async () => {
    const { email, userId } = await bench.registerActive()
    const { account } = await bench.statements.findAccount(email)
    assert.equal(account?.user.id, userId)
    assert.ok(account?.user.activatedAt instanceof Date)
    assert.deepEqual(account.user.activatedAt, (await bench.userOf(email))?.activated_at)
  })

  it('finds nothing for an address that nobody has registered', async () => {
    const nothing = { account: undefined, loginRefused: undefined, sendRefused: undefined }
    assert.deepEqual(await bench.statements.findAccount(newAddress()), nothing)
  })

  it('finds nothing for a pattern or another case of an address', async () => {
    const { email } = await bench.register()
    for (const other of ['%', `${email} `, email.toUpperCase(), "' or true --", '']) {
      assert.equal((await bench.statements.findAccount(other)).account, undefined)
    }
  })
})
