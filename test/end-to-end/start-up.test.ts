import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { run } from '../support/command.ts'

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
