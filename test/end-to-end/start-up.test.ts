import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { run } from '../support/command.ts'
import { createDatabase } from '../support/database.ts'

describe('the command line', () => {
  it('ends with 1 and the names of all missing variables in production', async () => {
    const { exitCode, output } = await run(['serve'], { NODE_ENV: 'production' })
    assert.equal(exitCode, 1)
    assert.match(output, /DATABASE_URL is required when NODE_ENV=production/)
    assert.match(output, /SECRET_KEY is required/)
    assert.match(output, /MAIL_TRANSPORT must be smtp or http when NODE_ENV=production/)
    assert.doesNotMatch(output, /\n +at /, 'no stack: there is nothing to debug')
  })

  it('ends with 2 and the usage for an unknown command', async () => {
    const { exitCode, output } = await run(['sevre'])
    assert.equal(exitCode, 2)
    assert.match(output, /Usage: vestibule/)
  })

  it('ends with 1 and the name of the variable when PORT is taken', async () => {
    const other = createServer()
    await new Promise<void>(listening => other.listen(0, '127.0.0.1', listening))
    const { port } = other.address() as { port: number }
    const database = await createDatabase()
    try {
      const { exitCode, output } = await run(['serve'], {
        DATABASE_URL: database.url,
        SECRET_KEY: 'a-key-for-tests-and-for-nothing-but-tests',
        METRICS_PORT: '0',
        PORT: String(port),
      })
      assert.equal(exitCode, 1)
      assert.match(output, new RegExp(`PORT ${port} of HOST 127.0.0.1 cannot be listened on; choose another`))
    } finally {
      other.close()
      await database.drop()
    }
  })

  it('ends with 1 and the host and port of a database that cannot be reached', async () => {
    const { exitCode, output } = await run(['serve'], {
      DATABASE_URL: 'postgresql://nobody:secret-password@127.0.0.1:1/none',
      SECRET_KEY: 'a-key-for-tests-and-for-nothing-but-tests',
    })
    assert.equal(exitCode, 1)
    assert.match(output, /127\.0\.0\.1:1/)
    assert.doesNotMatch(output, /secret-password/)
  })
})
