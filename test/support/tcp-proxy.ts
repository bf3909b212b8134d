import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** What stands between a client and a server, and does to them what networks do. */
export type TcpProxy = {
  /** The URL of the server, by way of the proxy. */
  url: string
  /** Cuts all connections and refuses new ones, as a server does that is down. */
  refuse: () => Promise<void>
  /** Takes new connections and never answers, as a server does that is lost behind a firewall. */
  swallow: () => Promise<void>
  /** Loses whatever is said from now on, on connections that are open too, as a network does that is cut. */
  freeze: () => void
  /** Leads new connections to another server; those that are open stay where they are. */
  lead: (serverUrl: string) => void
  /** Passes everything on, as at first, on new connections; to another server, if its URL is given. */
  forward: (serverUrl?: string) => Promise<void>
  close: () => Promise<void>
}

export const startTcpProxy = async (serverUrl: string): Promise<TcpProxy> => {
  let target = new URL(serverUrl)
  const open = new Set<Socket>()
  let swallowing = false
  let server: Server | undefined
  let port = 0

  const keep = (socket: Socket): Socket => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
    return socket
  }

  const listen = async (): Promise<void> => {
    if (server) return
    server = createServer(client => {
      keep(client)
      if (swallowing) return
      const upstream = keep(connect(Number(target.port), target.hostname))
      client.pipe(upstream).pipe(client)
      client.on('close', () => upstream.destroy())
      upstream.on('close', () => client.destroy())
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }

  const refuse = async (): Promise<void> => {
    for (const socket of open) socket.destroy()
    if (!server) return
    const closed = once(server, 'close')
    server.close()
    server = undefined
    await closed
  }

  await listen()
  const url = new URL(serverUrl)
  url.host = `127.0.0.1:${port}`
  return {
    url: url.href,
    refuse,
    swallow: async () => {
      await refuse()
      swallowing = true
      await listen()
    },
    freeze: () => {
      swallowing = true
      for (const socket of open) socket.unpipe().pause()
    },
    lead: otherUrl => {
      target = new URL(otherUrl)
    },
    forward: async (otherUrl = target.href) => {
      target = new URL(otherUrl)
      await refuse()
      swallowing = false
      await listen()
    },
    close: refuse,
  }
}
