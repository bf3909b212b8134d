import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startApp } from '../support/app.ts'
import { createClient } from '../support/client.ts'
import { createDatabase } from '../support/database.ts'
import { signUpActive } from '../support/sign-up.ts'

const database = await createDatabase()
after(database.drop)

const hashOf = async (email: string): Promise<string> =>
  String((await database.rows('select password_hash from users where email = $1', [email]))[0]?.password_hash)

describe('a service that is started again with other ARGON2_… parameters', () => {
  it('renews the hash at the next right password, which goes on authenticating', async () => {
    const before = await startApp({ database, env: { ARGON2_MEMORY_KIB: '8', ARGON2_PASSES: '1' } })
    const { email } = await signUpActive(before).finally(before.stop)
    assert.match(await hashOf(email), /m=8,t=1,/)

    const later = await startApp({ database, env: { ARGON2_MEMORY_KIB: '16', ARGON2_PASSES: '2' } })
    try {
      const client = createClient(later.url)
      assert.equal((await client.me(email, 'Wrong-Horse-7')).status, 401)
      assert.match(await hashOf(email), /m=8,t=1,/)

      assert.equal((await client.me(email)).status, 200)
      const renewed = await hashOf(email)
      assert.match(renewed, /m=16,t=2,/)

      assert.equal((await client.me(email)).status, 200)
      assert.equal(await hashOf(email), renewed)
    } finally {
      await later.stop()
    }
  })
})
