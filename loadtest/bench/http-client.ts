/**
 * Sends requests as cheaply as Node can: the load generator shares its cores with what it measures. undici, which has a
 * pool, streams and every kind of answer, took 93 µs of CPU a request where this takes 45 (64 connections, one run,
 * 2026-11-26); there one answer in five was the generator's own time.
 */
import { connect, type Socket } from 'node:net'

export interface BenchRequest {
  method: 'GET' | 'POST'
  path: string
  body?: string
  /** The header of this name, as in `wait=10`. */
  prefer?: string | undefined
}

export interface BenchAnswer {
  /** 0: a fault instead of an answer. */
  status: number
  /** Empty when nobody wanted it. */
  body: string
}

export interface BenchClient {
  /** Never rejects. @param readsBody leaving it out spares the generator the reading. */
  send(request: BenchRequest, readsBody?: boolean): Promise<BenchAnswer>
  /** What is under way is a fault then. */
  close(): Promise<void>
}

interface Pending {
  text: string
  readsBody: boolean
  resolve: (answer: BenchAnswer) => void
}

interface Connection {
  socket: Socket
  /** Received of the answer so far. */
  received: Buffer | undefined
  pending: Pending | undefined
  freeSinceMs: number
}

/** Node's servers close a connection that is idle for 5 s: a request sent at that moment would be a fault. */
const idleMsMax = 3_000
const answerTimeoutMs = 60_000
const fault: BenchAnswer = { status: 0, body: '' }
const headEnd = '\r\n\r\n'

interface ReadAnswer {
  answer: BenchAnswer
  /** Where it ends. */
  end: number
  /** The server closes the connection after it. */
  last: boolean
}

/**
 * The answer, when it is there as a whole.
 * @throws when it is none that says its length, as those of all contenders do.
 */
const readAnswer = (received: Buffer, readsBody: boolean): ReadAnswer | undefined => {
  const headLength = received.indexOf(headEnd)
  if (headLength === -1) return undefined
  const head = received.toString('latin1', 0, headLength)
  const status = Number(head.slice(9, 12))
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (!head.startsWith('HTTP/1.1 ') || length === undefined)
    throw new Error(`expected an answer of HTTP/1.1 with Content-Length, got ${head.slice(0, 200)}`)
  const bodyAt = headLength + headEnd.length
  const end = bodyAt + Number(length)
  if (received.length < end) return undefined
  const last = /\r\nconnection: *close/i.test(head)
  return { answer: { status, body: readsBody ? received.toString('utf8', bodyAt, end) : '' }, end, last }
}

/** Keeps up to `connections` connections; a request that finds none free waits for one. */
export const openClient = (origin: string, connections: number): BenchClient => {
  const { hostname, port, host } = new URL(origin)
  const waiting: Pending[] = []
  const free: Connection[] = []
  const all = new Set<Connection>()
  let closed = false

  const textOf = ({ method, path, body, prefer }: BenchRequest): string => {
    const preference = prefer === undefined ? '' : `Prefer: ${prefer}\r\n`
    const head = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${preference}`
    if (body === undefined) return `${head}\r\n`
    return `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  }

  const sendOn = (connection: Connection, pending: Pending): void => {
    connection.pending = pending
    connection.socket.write(pending.text)
  }

  const settle = (connection: Connection, answer: BenchAnswer): void => {
    const { pending } = connection
    connection.received = undefined
    connection.pending = undefined
    const next = connection.socket.writable ? waiting.shift() : undefined
    if (next) sendOn(connection, next)
    else if (connection.socket.writable) {
      connection.freeSinceMs = performance.now()
      free.push(connection)
    }
    pending?.resolve(answer)
  }

  /** The one that was used last. */
  const takeFree = (): Connection | undefined => {
    const last = free.pop()
    if (!last || performance.now() - last.freeSinceMs < idleMsMax) return last
    // So have all others been idle for too long.
    for (const { socket } of [last, ...free.splice(0)]) socket.destroy()
    return undefined
  }

  const receive = (connection: Connection, chunk: Buffer): void => {
    const received = connection.received ? Buffer.concat([connection.received, chunk]) : chunk
    connection.received = received
    try {
      const read = readAnswer(received, connection.pending?.readsBody ?? false)
      if (!read) return
      if (!connection.pending || read.end !== received.length)
        throw new Error('expected one answer to one request')
      if (read.last) connection.socket.destroy()
      settle(connection, read.answer)
    } catch (error) {
      connection.socket.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }

  const open = (): Connection => {
    const socket = connect({ host: hostname, port: Number(port || 80), noDelay: true })
    const connection: Connection = { socket, received: undefined, pending: undefined, freeSinceMs: 0 }
    all.add(connection)
    socket.setTimeout(answerTimeoutMs, () => socket.destroy())
    socket.on('data', (chunk: Buffer) => receive(connection, chunk))
    // Only so that it is not thrown: 'close' follows, and says all that counts.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      all.delete(connection)
      if (free.includes(connection)) free.splice(free.indexOf(connection), 1)
      settle(connection, fault)
      const next = waiting.shift()
      if (next) sendOn(open(), next)
    })
    return connection
  }

  return {
    send: (request, readsBody = false) =>
      new Promise((resolve) => {
        if (closed) return resolve(fault)
        const pending = { text: textOf(request), readsBody, resolve }
        const connection = takeFree() ?? (all.size < connections ? open() : undefined)
        if (connection) sendOn(connection, pending)
        else waiting.push(pending)
      }),
    close: async () => {
      closed = true
      for (const { resolve } of waiting.splice(0)) resolve(fault)
      const ended = [...all].map(({ socket }) => new Promise((resolve) => socket.once('close', resolve)))
      for (const { socket } of all) socket.destroy()
      await Promise.all(ended)
    },
  }
}
