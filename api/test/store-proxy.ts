import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP proxy in front of a store, to take the store away and give it back. */
export interface StoreProxy {
  /** The store's URL, through the proxy. */
  url: string
  /** Cuts all connections and refuses new ones. */
  down(): Promise<void>
  /** Keeps connections, but lets nothing through, as a stopped process does. */
  freeze(): void
  /** Keeps connections and lets requests through, but no answer. */
  loseReplies(): void
  /** Back to normal. */
  up(): Promise<void>
  close(): Promise<void>
}

/** @param startDown nothing listens until the first `up`. */
export const openStoreProxy = async (storeUrl: string, startDown = false): Promise<StoreProxy> => {
  const target = new URL(storeUrl)
  const sockets = new Set<Socket>()
  const swallows = { requests: false, replies: false }

  const pipe = (from: Socket, to: Socket, what: keyof typeof swallows): void => {
    sockets.add(from)
    from.on('data', (chunk) => {
      if (!swallows[what]) to.write(chunk)
    })
    from.on('error', () => undefined)
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }
  const server = createServer((client) => {
    const store = connect(Number(target.port), target.hostname)
    pipe(client, store, 'requests')
    pipe(store, client, 'replies')
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))

  await listen(0)
  const { port } = server.address() as AddressInfo
  const proxied = new URL(storeUrl)
  proxied.hostname = '127.0.0.1'
  proxied.port = String(port)

  const down = async (): Promise<void> => {
    if (!server.listening) return
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  const up = async (): Promise<void> => {
    // What was swallowed is lost: such a connection is of no use any more.
    if (swallows.replies) for (const socket of sockets) socket.destroy()
    Object.assign(swallows, { requests: false, replies: false })
    if (!server.listening) await listen(port)
  }
  if (startDown) await down()
  return {
    url: proxied.href,
    down,
    up,
    freeze: () => {
      Object.assign(swallows, { requests: true, replies: true })
    },
    loseReplies: () => {
      swallows.replies = true
    },
    close: down,
  }
}
