import { connect, createServer } from 'node:net'

/** A TCP port on 127.0.0.1 that nobody used a moment ago. Another process may still take it first: be ready to retry. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

const refusesListening = (port: number, host?: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'))
    server.listen(port, host, () => server.close(() => resolve(false)))
  })

/** Whether a process of this machine listens on `port`, on all addresses or on loopback. */
export const isPortTaken = async (port: number): Promise<boolean> => {
  if (port === 0) return false
  return (await refusesListening(port)) || (await refusesListening(port, '127.0.0.1'))
}

/** Whether something accepts TCP connections there within `timeoutMs`. */
export const acceptsConnections = (host: string, port: number, timeoutMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const end = (accepts: boolean) => () => {
      socket.destroy()
      resolve(accepts)
    }
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false))
  })

/**
 * Runs `start` with a free port, again with another one when that was taken in between; three times at most.
 * @throws what `start` throws for any other reason.
 */
export const onFreePort = async <T>(start: (port: number) => Promise<T>, attempts = 3): Promise<T> => {
  const port = await freePort()
  try {
    return await start(port)
  } catch (error) {
    const taken = error instanceof Error && /address already in use/i.test(error.message)
    if (!taken || attempts <= 1) throw error
    return onFreePort(start, attempts - 1)
  }
}

/** Runs `start` with the given port; without one, with a free one (see `onFreePort`). */
export const onPort = <T>(port: number | undefined, start: (port: number) => Promise<T>): Promise<T> =>
  port === undefined ? onFreePort(start) : start(port)
