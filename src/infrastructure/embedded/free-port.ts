import { createServer } from 'node:net'

/** A port of 127.0.0.1 on which nobody listens: the preferred one if it is free, else any. */
export const freePort = async (preferred = 0): Promise<number> =>
  (await tryPort(preferred)) ?? (await tryPort(0)) ?? Promise.reject(new Error('no free port on 127.0.0.1'))

const tryPort = (port: number): Promise<number | undefined> =>
  new Promise(resolve => {
    const server = createServer()
    server.on('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : undefined))
    })
  })
