import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SecurityEvent } from '../application/audit.ts'
import { auditLog } from './audit-log.ts'
import { addressHash } from './crypto/keyring.ts'

const EMAIL = 'ada@example.com'

/** The lines that one event makes. */
const linesOf = (event: SecurityEvent, ledgerKey = 'a-ledger-key') => {
  const lines: { fields: Record<string, unknown>; message: string }[] = []
  const log = {
    info: (fields: object, message: string) => void lines.push({ fields: { ...fields }, message }),
  }
  auditLog(log, addressHash(Buffer.from(ledgerKey)))(event)
  return lines
}

describe('auditLog', () => {
  it('writes one line with everything that is known of an event', () => {
    const event: SecurityEvent = {
      event: 'replaced',
      email: EMAIL,
      userId: 'user-2',
      replacedUserId: 'user-1',
      limit: 'sends_per_address',
      network: '192.0.2.0/24',
      correlationId: 'correlation-1',
    }
    const address = addressHash(Buffer.from('a-ledger-key'))(EMAIL).toString('hex')
    assert.deepEqual(linesOf(event), [
      {
        fields: {
          audit: 'replaced',
          address,
          user_id: 'user-2',
          replaced_user_id: 'user-1',
          limit: 'sends_per_address',
          network: '192.0.2.0/24',
          correlation_id: 'correlation-1',
        },
        message: 'security event',
      },
    ])
  })

  it('leaves out what is not known', () => {
    assert.deepEqual(linesOf({ event: 'limit_hit', email: undefined }), [
      { fields: { audit: 'limit_hit' }, message: 'security event' },
    ])
  })

  it('writes an address as its keyed hash alone', () => {
    const [line] = linesOf({ event: 'registered', email: EMAIL })
    assert.match(String(line?.fields.address), /^[0-9a-f]{64}$/)
    assert.ok(!JSON.stringify(line).includes('ada'))
  })

  it('writes the same for an address each time, and something else under another key', () => {
    const addressOf = (event: SecurityEvent, key?: string) => linesOf(event, key)[0]?.fields.address
    const address = addressOf({ event: 'registered', email: EMAIL })
    assert.equal(addressOf({ event: 'purged', email: EMAIL, userId: 'user-1' }), address)
    assert.notEqual(addressOf({ event: 'registered', email: 'eve@example.com' }), address)
    assert.notEqual(addressOf({ event: 'registered', email: EMAIL }, 'another-ledger-key'), address)
  })
})
