import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { CLIENT_TYPES_FILE, currentClientTypes } from '../support/client-types.ts'

describe('client/src/openapi.ts', () => {
  it('is what the service says about itself', async () => {
    const written = await readFile(CLIENT_TYPES_FILE, 'utf8')
    assert.equal(written, await currentClientTypes(), 'the API has changed: run npm run client-types')
  })
})
