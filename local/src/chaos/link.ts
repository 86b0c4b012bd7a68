import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { openPipe, type Pipe, type PipeRules } from './link-pipe.ts'

/** `toServer`: what the process says to the store. `toClient`: what the store answers. */
export type Direction = 'toServer' | 'toClient'

/**
 * All connections of one process to one store, through a TCP proxy. What is set holds for open and new connections
 * until `restore`.
 */
export interface Link {
  readonly port: number
  /** Keeps the bytes of this direction from now on. Both sides go on believing in their connection. */
  hold(direction: Direction): void
  /** What is being kept of this direction, as text (latin1), all connections together. */
  held(direction: Direction): string
  /** Lets this direction go on; what was kept arrives first. */
  deliver(direction: Direction): void
  /** Forgets what is kept and resets all connections (RST); new ones are as good as ever. */
  reset(): void
  /** Every chunk arrives `delayMs` later, in both directions. */
  slow(delayMs: number): void
  /** No more than `bytesMax` arrive at a time, in both directions. */
  slice(bytesMax: number): void
  /** Nothing listens any more: a new connection is refused. Open ones stay. */
  refuse(): void
  connections(): number
  /** Everything as at first: what was kept is delivered, new connections are taken. */
  restore(): Promise<void>
  /** Cuts everything. */
  close(): Promise<void>
}

interface Connection {
  sockets: readonly [Socket, Socket]
  pipes: Record<Direction, Pipe>
}

const normal: PipeRules = { held: false, delayMs: 0, pieceBytesMax: 0 }

/** @param port where it listens on 127.0.0.1; 0: a free one. @param storePort where the store does; it need not be there. */
export const openLink = async (port: number, storePort: number): Promise<Link> => {
  const rules: Record<Direction, PipeRules> = { toServer: { ...normal }, toClient: { ...normal } }
  const open = new Set<Connection>()

  const server = createServer({ noDelay: true }, (client) => {
    const store = connect({ port: storePort, host: '127.0.0.1', noDelay: true })
    const pipes = {
      toServer: openPipe(client, store, rules.toServer),
      toClient: openPipe(store, client, rules.toClient),
    }
    const connection: Connection = { sockets: [client, store], pipes }
    open.add(connection)
    for (const socket of connection.sockets)
      socket.once('close', () => {
        if (connection.sockets.every(({ destroyed }) => destroyed)) open.delete(connection)
      })
    // A store that is not there: what the process sees must be a failure, not an end of stream.
    store.once('error', () => {
      if (store.bytesRead === 0) client.resetAndDestroy()
    })
  })
  // Two processes may want the same port for a moment; a connection reset before it was accepted is no fault either.
  server.on('error', () => undefined)
  const listen = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(at, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  await listen(port)
  const { port: ownPort } = server.address() as AddressInfo

  const pumpAll = (): void => {
    for (const { pipes } of open) for (const pipe of Object.values(pipes)) pipe.pump()
  }
  const both = (change: Partial<PipeRules>): void => {
    for (const direction of ['toServer', 'toClient'] as const) Object.assign(rules[direction], change)
  }
  const reset = (): void => {
    for (const { sockets, pipes } of open) {
      for (const pipe of Object.values(pipes)) pipe.drop()
      for (const socket of sockets) socket.resetAndDestroy()
    }
    both({ held: false })
  }

  return {
    port: ownPort,
    hold: (direction) => {
      rules[direction].held = true
    },
    held: (direction) =>
      [...open]
        .flatMap(({ pipes }) => pipes[direction].waiting().map((bytes) => bytes.toString('latin1')))
        .join(''),
    deliver: (direction) => {
      rules[direction].held = false
      pumpAll()
    },
    reset,
    slow: (delayMs) => both({ delayMs }),
    slice: (pieceBytesMax) => both({ pieceBytesMax }),
    refuse: () => void server.close(),
    connections: () => open.size,
    restore: async () => {
      both(normal)
      pumpAll()
      if (!server.listening) await listen(ownPort)
    },
    close: async () => {
      server.close()
      reset()
    },
  }
}
