import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { complaints, KEY, messageOf, PRODUCTION, read } from '../test/support/config.ts'

describe('a variable by the name of NAME_FILE', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vestibule-config-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const file = (name: string, content: string): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }

  it('names the file that holds the value of NAME, without the line break at its end', () => {
    assert.equal(read({ SECRET_KEY_FILE: file('key', `${KEY}\n`) }).secretKey, KEY)
    assert.equal(read({ SECRET_KEY_FILE: file('crlf', `${KEY}\r\n`) }).secretKey, KEY)
    assert.equal(read({ SECRET_KEY_FILE: file('spaces', ` ${KEY}\n\n`) }).secretKey, ` ${KEY}\n`)
    assert.equal(read({ PORT_FILE: file('port', '9000') }).port, 9000)
  })

  it('has the same rules as NAME', () => {
    const message = messageOf({ SECRET_KEY_FILE: file('short', 'hunter2'), PORT_FILE: file('bad', 'http') })
    assert.match(message, /\n {2}PORT must be/)
    assert.match(message, /\n {2}SECRET_KEY must have at least 32 bytes/)
    assert.ok(!message.includes('hunter2'))
  })

  it('cannot stand beside NAME, and neither value is repeated', () => {
    const message = messageOf({
      SECRET_KEY: KEY,
      SECRET_KEY_FILE: file('both', 'another-key-that-is-long-enough-too'),
    })
    assert.match(message, /SECRET_KEY and SECRET_KEY_FILE are both set/)
    assert.ok(!message.includes(KEY) && !message.includes('another-key'))
  })

  it('gets one complaint when the file cannot be read', () => {
    const env = { ...PRODUCTION, SECRET_KEY: '', SECRET_KEY_FILE: join(folder, 'missing') }
    assert.deepEqual(complaints(env), ['SECRET_KEY'])
    assert.match(messageOf(env), /SECRET_KEY_FILE/)
  })
})
