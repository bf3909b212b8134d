import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { headerProblem } from './header-rules.ts'

type Raw = { url?: string; httpVersion?: string }

/** The problem of a request with these headers, as Node gives them: names and values in turn. */
const problemOf = (headers: string[], { url = '/users', httpVersion = '1.1' }: Raw = {}) => {
  const names = headers.filter((_, index) => index % 2 === 0)
  const byName = Object.fromEntries(
    names.map((name, index) => [name.toLowerCase(), headers[2 * index + 1] ?? '']),
  )
  return headerProblem({ raw: { rawHeaders: headers, headers: byName, url, httpVersion } } as FastifyRequest)
}

const HOST = ['Host', 'localhost']
const many = (count: number): string[] => Array.from({ length: count }, (_, n) => [`X-${n}`, 'x']).flat()

describe('headerProblem', () => {
  const fine: [what: string, headers: string[], raw?: Raw][] = [
    ['a host', HOST],
    ['a host in capitals', ['HOST', 'localhost']],
    ['100 headers', [...HOST, ...many(99)]],
    ['two of those that may come twice', [...HOST, 'X-A', '1', 'X-A', '2', 'Accept', 'a', 'accept', 'b']],
    ['values that look like names', [...HOST, 'X-A', 'host', 'X-B', 'host']],
    ['the one expectation there is, in any case', [...HOST, 'Expect', '100-Continue']],
    ['a chunked body, in any case', [...HOST, 'Transfer-Encoding', 'Chunked']],
    ['HTTP/1.0 without a host', [], { httpVersion: '1.0' }],
    ['HTTP/1.0 with a host', HOST, { httpVersion: '1.0' }],
    ['a path with an asterisk', HOST, { url: '/*' }],
  ]
  for (const [what, headers, raw] of fine) {
    it(`is none with ${what}`, () => assert.equal(problemOf(headers, raw), undefined))
  }

  const broken: [problem: string, what: string, headers: string[], raw?: Raw][] = [
    ['headers_too_large', '101 headers', [...HOST, ...many(100)]],
    ['duplicate_header', 'two hosts', [...HOST, 'host', 'localhost']],
    ['duplicate_header', 'two Authorization', [...HOST, 'Authorization', 'a', 'authorization', 'b']],
    ['duplicate_header', 'two Content-Type', [...HOST, 'Content-Type', 'a', 'Content-Type', 'a']],
    ['duplicate_header', 'two Content-Length', [...HOST, 'Content-Length', '2', 'content-length', '2']],
    ['bad_request', 'another expectation', [...HOST, 'Expect', 'a miracle']],
    ['bad_request', 'more than the expectation', [...HOST, 'Expect', '100-continue, more']],
    ['bad_request', 'more before the expectation', [...HOST, 'Expect', 'not 100-continue']],
    ['bad_request', 'a fragment', HOST, { url: '/users#me' }],
    ['not_found', 'the asterisk of OPTIONS', HOST, { url: '*' }],
    ['bad_request', 'another coding', [...HOST, 'Transfer-Encoding', 'gzip']],
    ['bad_request', 'more than one coding', [...HOST, 'Transfer-Encoding', 'gzip, chunked']],
    ['bad_request', 'a coding behind the chunks', [...HOST, 'Transfer-Encoding', 'chunked, gzip']],
    ['bad_request', 'an empty coding', [...HOST, 'Transfer-Encoding', '']],
    ['bad_request', 'chunks in HTTP/1.0', [...HOST, 'Transfer-Encoding', 'chunked'], { httpVersion: '1.0' }],
    ['bad_request', 'no host in HTTP/1.1', ['Authorization', 'a']],
    ['bad_request', 'another version', HOST, { httpVersion: '2.0' }],
    ['bad_request', 'a version before 1.0', HOST, { httpVersion: '0.9' }],
  ]
  for (const [problem, what, headers, raw] of broken) {
    it(`is ${problem} for ${what}`, () => assert.equal(problemOf(headers, raw), problem))
  }

  it('looks at no fragment where there is no target', () => {
    const raw = { rawHeaders: HOST, headers: { host: 'localhost' }, httpVersion: '1.1' }
    assert.equal(headerProblem({ raw } as unknown as FastifyRequest), undefined)
  })
})
