import type { FastifyRequest } from 'fastify'
import type { ProblemCode } from './problems.ts'

const MOST_HEADERS = 100
/** Headers that change their meaning, or that of the request, when they come twice. */
const ONCE_ONLY = new Set(['host', 'authorization', 'content-type', 'content-length'])

/** What is wrong with a request by its headers alone, if anything is. */
export const headerProblem = ({ raw }: FastifyRequest): ProblemCode | undefined => {
  const names = raw.rawHeaders.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase())
  if (names.length > MOST_HEADERS) return 'headers_too_large'
  const once = names.filter(name => ONCE_ONLY.has(name))
  if (new Set(once).size < once.length) return 'duplicate_header'
  // RFC 9110 §10.1.1: there is one expectation, which Node has met already.
  if (!/^(100-continue)?$/i.test(raw.headers.expect ?? '')) return 'bad_request'
  // RFC 9112 §3.2: the router would cut a fragment off, and take the asterisk of OPTIONS for a path.
  if (raw.url?.includes('#')) return 'bad_request'
  if (raw.url === '*') return 'not_found'
  // RFC 9112 §6.1: the only coding there is, and only since HTTP/1.1.
  const coding = raw.headers['transfer-encoding']
  if (coding !== undefined && (raw.httpVersion !== '1.1' || !/^chunked$/i.test(coding))) return 'bad_request'
  // RFC 9112 §3.2: every request of HTTP/1.1 names its host.
  if (raw.httpVersion === '1.1') return once.includes('host') ? undefined : 'bad_request'
  return raw.httpVersion === '1.0' ? undefined : 'bad_request'
}
