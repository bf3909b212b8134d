import { connect as connectPlain } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Verdict } from '../../application/diagnose.ts'
import { failed } from './verdict.ts'

/** Host and port as they stand in a URL: all of it that may be shown. */
export const placeIn = (url: string): string => URL.parse(url)?.host ?? ''

/** What keeps somebody from being reached, and what to do about it; `variable` is the one that names the place. */
export const unreachable = (url: string, reason: string, variable: string): Verdict =>
  failed(`${placeIn(url)} cannot be reached: ${reason}`, connectionRemedy(reason, variable))

/** What to do about a connection that failed with this code of Node's, or whatever else was heard. */
export const connectionRemedy = (reason: string, variable: string): string => {
  if (/ENOTFOUND|EAI_AGAIN/.test(reason)) {
    return `Correct the host in ${variable}, or the DNS of this machine, which does not know it.`
  }
  if (/ECONNREFUSED/.test(reason)) return `Start it there, or correct host and port in ${variable}.`
  if (/CERT|ISSUER|SIGNATURE|self-signed/.test(reason)) {
    return `Name the authority of its certificate in NODE_EXTRA_CA_CERTS, in the environment itself, or correct the host in ${variable}.`
  }
  if (/ERR_(SSL|TLS)_|EPROTO/.test(reason)) {
    return `That port does not speak TLS: correct the port, or the scheme, in ${variable}.`
  }
  return `Check host and port in ${variable}, and the network and firewalls on the way there.`
}

/** Connects, with TLS when the URL says https, and hangs up. Nothing is sent. Rejects, with a `code`, when that fails. */
export const reach = (url: string, timeoutMs: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const { protocol, hostname, port } = new URL(url)
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const encrypted = protocol === 'https:'
    const place = { host, port: Number(port || (encrypted ? 443 : 80)) }
    const socket = encrypted
      ? connectTls({
          ...place,
          ALPNProtocols: ['http/1.1'],
          ...(!/[:]|^[\d.]+$/.test(host) && { servername: host }),
        })
      : connectPlain(place)
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), timeoutMs)
    socket.once('error', reject)
    socket.once('close', () => clearTimeout(timer))
    socket.once(encrypted ? 'secureConnect' : 'connect', () => {
      resolve()
      socket.destroy()
    })
  })

export const reasonOf = (error: unknown): string => {
  const { code, message } = error as { code?: unknown; message: string }
  return typeof code === 'string' ? code : message
}
