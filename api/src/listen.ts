import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionLimits, limitConnections } from './connection-limits.ts'

export interface ListenOptions extends ConnectionLimits {
  host: string
  /** 0: the system chooses one. */
  port: number
  /**
   * Milliseconds for the headers, for the whole request, and between two looks at who is over them; and without a byte in
   * either direction, while an answer is awaited or not read.
   */
  patience?: { headersMs: number; requestMs: number; checkEveryMs: number; silentMs: number }
}

export interface Listening {
  port: number
  /**
   * Takes no more connections, lets requests under way end, and drops what is left after `deadlineMs`.
   */
  close(deadlineMs: number): Promise<void>
}

/** Node's own are generous: a minute for headers, five for a request, looked at every half minute. */
// A held request is silent for 30 s at most, an event stream for 15.
const defaultPatience = { headersMs: 10_000, requestMs: 15_000, checkEveryMs: 2_000, silentMs: 60_000 }

const limits = {
  maxHeaderSize: 8 * 1024,
  // Longer than the minute of common load balancers, so that it is they who close.
  keepAliveTimeout: 65_000,
  // Asked for below: Node's own answer has no body.
  requireHostHeader: false,
}

const statusByFault: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

const problemType = 'application/problem+json'

/** A problem without a code of ours: of HTTP, and not of the app. */
const problemOf = (status: number, detail?: string) => {
  const title = STATUS_CODES[status] ?? 'Bad Request'
  return {
    title,
    body: JSON.stringify({ type: 'about:blank', title, status, ...(detail ? { detail } : {}) }),
  }
}

/** What is not HTTP never reaches the app: it is answered here, and the connection closed. */
const answerClientError = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = statusByFault[error.code ?? ''] ?? 400
  const { title, body } = problemOf(status)
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: ${problemType}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}

const noHost = 'expected a Host header, which HTTP/1.1 demands, got none'

/** HTTP/1.1 says: a request without Host has to be refused (RFC 9112, 3.2). HTTP/1.0 knows none. */
const isWithoutHost = ({ headers, httpVersion }: IncomingMessage): boolean =>
  headers.host === undefined && httpVersion !== '1.0'

const withHost =
  (app: RequestListener): RequestListener =>
  (request: IncomingMessage, response: ServerResponse) => {
    if (!isWithoutHost(request)) return app(request, response as Parameters<RequestListener>[1])
    const { body } = problemOf(400, noHost)
    const headers = { 'Content-Type': problemType, 'Content-Length': Buffer.byteLength(body) }
    response.writeHead(400, { Connection: 'close', ...headers }).end(body)
  }

const listening = (server: Server, { host, port }: ListenOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      reject(taken ? new Error(`Port ${port} on ${host} is taken by another process.`) : error)
    })
    server.listen({ host, port }, resolve)
  })

const close = (server: Server, deadlineMs: number): Promise<void> =>
  new Promise((resolve) => {
    // Node closes the connections that are idle now; those that fall idle after their answer are ours to close.
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs)
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(deadline)
      resolve()
    })
  })

/** Serves `app` over HTTP, with a limit on everything. @throws when the port is taken or may not be used. */
export const listen = async (app: RequestListener, options: ListenOptions): Promise<Listening> => {
  const patience = options.patience ?? defaultPatience
  const timeouts = {
    headersTimeout: patience.headersMs,
    requestTimeout: patience.requestMs,
    connectionsCheckingInterval: patience.checkEveryMs,
  }
  const serve = withHost(app)
  const server = createServer({ ...limits, ...timeouts }, serve)
  limitConnections(server, options)
  // By itself Node keeps what it has to send for a client that reads none of it, for ever.
  server.timeout = patience.silentMs
  server.on('clientError', answerClientError)
  // An expectation that nobody knows may be ignored (RFC 9110, 10.1.1); Node's own answer, 417, is not in our contract.
  server.on('checkExpectation', serve)
  await listening(server, options)
  server.on('error', (error) => options.logger.error({ err: error }, 'the http server reports a fault'))
  const { port } = server.address() as AddressInfo
  return { port, close: (deadlineMs) => close(server, deadlineMs) }
}
