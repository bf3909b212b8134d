/**
 * What RFC 9112 makes of the bytes of one connection, strictly: a second opinion on the parser of Node. What the
 * standard leaves to the reader, and what known-faults.ts says already, is `open`.
 */
export type Reading = {
  /** The methods of all requests, that of an unfinished or broken last one included. */
  methods: string[]
  /** The requests that are whole, and whether the service may carry them out: it does not without one Host. */
  whole: ('good' | 'to be refused')[]
  /** What comes behind them. */
  rest: 'nothing' | Fault
  /** Whether the headers of what comes behind them are good. */
  headIsGood: boolean
}

type Fault = 'unfinished' | 'broken' | 'open'
type Step =
  | { result: 'whole'; length: number; verdict: Reading['whole'][number] }
  | { result: Fault; headIsGood: boolean }
type Body = { result: 'whole'; length: number } | { result: Fault }

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER = /^([^:]*):([\t\x20-\x7e\x80-\xff]*)$/
/** Near the limit of what the service takes it may say no to headers that are good. */
const MOST_HEADER_BYTES = 15_000

export const readRequests = (bytes: Buffer): Reading => {
  // Latin-1: one character for each byte.
  let left = bytes.toString('latin1')
  const methods: string[] = []
  const whole: Reading['whole'] = []
  for (;;) {
    // §2.2: empty lines before a request line are ignored. (Node takes a CR or LF of its own for one.)
    left = left.replace(/^[\r\n]+/, '')
    if (left === '') return { methods, whole, rest: 'nothing', headIsGood: true }
    methods.push(/^[^ ]*/.exec(left)?.[0] ?? '')
    const step = readRequest(left)
    if (step.result !== 'whole') return { methods, whole, rest: step.result, headIsGood: step.headIsGood }
    whole.push(step.verdict)
    left = left.slice(step.length)
  }
}

const readRequest = (text: string): Step => {
  const fault = (result: Fault, headIsGood = false): Step => ({ result, headIsGood })
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return fault(isBroken(text) ? 'broken' : 'unfinished')
  const [line = '', ...lines] = text.slice(0, end).split('\r\n')
  // §3 lets a reader be lenient with blanks; Node is.
  const [, method = '', target = '', version] = /^([^ ]+) +([^ ]+) +HTTP\/1\.([01])$/.exec(line) ?? []
  if (!TOKEN.test(method) || !/^[\x21-\x7e\x80-\xff]+$/.test(target)) return fault('broken')

  const headers = readHeaders(lines)
  if (!headers) return fault('broken')
  const hosts = headers.get('host') ?? []
  const verdict = hosts.length > 1 || (hosts.length === 0 && version === '1') ? 'to be refused' : 'good'
  // RFC 3986 §2 allows fewer characters than the parser of Node does.
  if (/[#"<>\\^`{|}\x80-\xff]/.test(target) || end > MOST_HEADER_BYTES) return fault('open')

  const start = end + 4
  const body = readBody(headers, text.slice(start), version === '0')
  return body.result === 'whole'
    ? { result: 'whole', length: start + body.length, verdict }
    : fault(body.result, true)
}

const readHeaders = (lines: string[]): Map<string, string[]> | undefined => {
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const [, name = '', value = ''] = HEADER.exec(line) ?? []
    if (!TOKEN.test(name)) return undefined
    const key = name.toLowerCase()
    headers.set(key, [...(headers.get(key) ?? []), value.replace(/^[ \t]+|[ \t]+$/g, '')])
  }
  return headers
}

const readBody = (headers: Map<string, string[]>, text: string, isOld: boolean): Body => {
  const [length, ...lengths] = headers.get('content-length') ?? []
  const codings = headers.get('transfer-encoding')?.join(', ').toLowerCase()
  if (codings !== undefined) {
    if (length !== undefined) return { result: 'broken' }
    if (isOld || /, ?chunked$/.test(codings)) return { result: 'open' }
    return codings === 'chunked' ? readChunks(text) : { result: 'broken' }
  }
  if (length === undefined) return { result: 'whole', length: 0 }
  if (lengths.length > 0 || !/^\d{1,15}$/.test(length)) return { result: 'broken' }
  return text.length < Number(length) ? { result: 'unfinished' } : { result: 'whole', length: Number(length) }
}

/** True when no more bytes could make a request of this. */
const isBroken = (text: string): boolean => /[^\r]\n|^\n|\r[^\n]|\0/.test(text)

const readChunks = (text: string): Body => {
  let at = 0
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd < 0) return isBroken(text.slice(at)) ? { result: 'broken' } : { result: 'unfinished' }
    const [, size, extension = ''] = /^([0-9A-Fa-f]{1,15})(.*)$/s.exec(text.slice(at, lineEnd)) ?? []
    if (size === undefined || /[\r\n\0]/.test(extension)) return { result: 'broken' }
    // §7.1.1: what an extension may look like is of no interest to whoever ignores it.
    if (extension !== '' && !extension.startsWith(';')) return { result: 'open' }
    const dataEnd = lineEnd + 2 + Number.parseInt(size, 16)
    if (Number.parseInt(size, 16) === 0) return readTrailers(text, lineEnd + 2)
    if (text.length < dataEnd + 2) return { result: 'unfinished' }
    if (text.slice(dataEnd, dataEnd + 2) !== '\r\n') return { result: 'broken' }
    at = dataEnd + 2
  }
}

const readTrailers = (text: string, start: number): Body => {
  if (text.startsWith('\r\n', start)) return { result: 'whole', length: start + 2 }
  const end = text.indexOf('\r\n\r\n', start)
  if (end < 0) return isBroken(text.slice(start)) ? { result: 'broken' } : { result: 'unfinished' }
  const good = text
    .slice(start, end)
    .split('\r\n')
    .every(line => TOKEN.test(HEADER.exec(line)?.[1] ?? ''))
  return good ? { result: 'whole', length: end + 4 } : { result: 'broken' }
}
