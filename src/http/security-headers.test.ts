import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { securityHeaders } from './security-headers.ts'

const PLAIN = 'http://localhost:8000'

describe('securityHeaders', () => {
  it('forbid browsers everything with an answer of the API', () => {
    assert.deepEqual(securityHeaders(PLAIN)('/users'), {
      'content-security-policy':
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
  })

  const ownFiles =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  for (const page of ['/', '/web/:name', '/docs', '/docs/static/index.html', '/problems/:code']) {
    it(`let ${page} load its own files, and nothing else`, () => {
      const { 'content-security-policy': policy } = securityHeaders(PLAIN)(page)
      assert.equal(policy, ownFiles)
    })
  }

  for (const path of ['', '/users', '/web', '/problems', '/openapi.json', '/x/docs', '/health/live']) {
    it(`let ${path || 'no path'} load nothing`, () => {
      assert.doesNotMatch(securityHeaders(PLAIN)(path)['content-security-policy'] ?? '', /'self'/)
    })
  }

  it('insist on TLS where clients reach the service by it, and nowhere else', () => {
    const hsts = (publicUrl: string) => securityHeaders(publicUrl)('/')['strict-transport-security']
    assert.equal(hsts('https://signup.example.com'), 'max-age=31536000')
    assert.equal(hsts('http://https:8000'), undefined)
  })
})
