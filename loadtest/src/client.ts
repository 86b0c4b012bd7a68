import { Pool } from 'undici'

/** What came back: an answer of any status, or a fault, after which nobody knows what the server did. */
export type Answer =
  | {
      kind: 'answer'
      status: number
      body: unknown
      retryAfterMs: number | undefined
      /** The server says that it has given this answer to an earlier call with the same Idempotency-Key. */
      replayed: boolean
    }
  | { kind: 'fault'; reason: string }

export interface Call {
  method: 'GET' | 'POST'
  /** Starts with a slash. */
  path: string
  /** Sent as JSON. */
  body?: unknown
  headers?: Record<string, string>
}

/** HTTP to one origin over a fixed number of kept connections. */
export interface Client {
  readonly origin: string
  /** Never throws and never hangs: a fault is a value. */
  send(call: Call): Promise<Answer>
  /** Opens all connections by asking for `path` over each, so that later calls find them open. */
  prime(path: string): Promise<void>
  /** Drops all connections; calls under way end with a fault, and so does every later one. */
  destroy(reason: string): Promise<void>
}

const answerTimeoutMs = 15_000
const connectTimeoutMs = 5_000

/** Milliseconds that a Retry-After header asks for; it holds seconds or a date (RFC 9110). */
export function retryAfterMsOf(header: string | undefined, nowMs: number = Date.now()): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  // An AggregateError of several addresses has an empty message; its code tells all.
  return code !== undefined && !code.startsWith('UND_ERR_DESTROYED') ? code : error.message
}

/** Makes a client of `connections` connections, opened when they are first needed. */
export function createClient(origin: string, connections: number): Client {
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    connectTimeout: connectTimeoutMs,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  })

  const send = async ({ method, path, body, headers }: Call): Promise<Answer> => {
    try {
      const response = await pool.request({
        method,
        path,
        headers: body === undefined ? { ...headers } : { 'content-type': 'application/json', ...headers },
        body: body === undefined ? null : JSON.stringify(body),
      })
      const text = await response.body.text()
      const retryAfter = response.headers['retry-after']
      const retryAfterMs = retryAfterMsOf(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter)
      const replayed = response.headers['idempotency-replayed'] === 'true'
      return { kind: 'answer', status: response.statusCode, body: jsonOf(text), retryAfterMs, replayed }
    } catch (error) {
      return { kind: 'fault', reason: reasonOf(error) }
    }
  }

  return {
    origin: new URL(origin).origin,
    send,
    prime: async (path) => {
      await Promise.all(Array.from({ length: connections }, () => send({ method: 'GET', path })))
    },
    destroy: (reason) => pool.destroy(new Error(reason)),
  }
}
