import { createClient as createShopClient, type FlashSaleClient } from '@flash-sale/shared/contract/client.ts'
import { type Fetch, retryAfterMsOf } from '@flash-sale/shared/contract/client-http.ts'
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
  /**
   * The client of the contract over the same connections. It polls: a stream of events would hold its connection until
   * the outcome, so that buyers beyond the number of connections could not even send their purchase.
   */
  readonly shop: FlashSaleClient
  /** Never throws and never hangs: a fault is a value. */
  send(call: Call): Promise<Answer>
  /** Opens all connections by asking for `path` over each, so that later calls find them open. */
  prime(path: string): Promise<void>
  /** Drops all connections; calls under way end with a fault, and so does every later one. */
  destroy(reason: string): Promise<void>
}

const answerTimeoutMs = 15_000
const connectTimeoutMs = 5_000

/** Longer pauses are cut, so that a run ends; a buyer of flesh and blood comes back sooner, too. */
const retryAfterMsMax = 5_000

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

const headerOf = (headers: Record<string, string | string[] | undefined>, name: string): string | null => {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? null
}

/**
 * As `fetch`, over these connections, and without what a `Response` costs. The signal is not heard: the pool has time
 * limits of its own, and destroying it ends every call.
 */
const fetchOver =
  (pool: Pool, origin: string): Fetch =>
  async (url, { method, headers, body }) => {
    try {
      const path = url.slice(origin.length)
      const response = await pool.request({ method, path, headers, body: body ?? null })
      return {
        status: response.statusCode,
        headers: { get: (name) => headerOf(response.headers, name) },
        // Streams are for `outcome` by events, which is switched off.
        body: null,
        text: () => response.body.text(),
      }
    } catch (error) {
      throw new Error(reasonOf(error))
    }
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
      const retryAfterMs = retryAfterMsOf(headerOf(response.headers, 'retry-after'))
      const replayed = response.headers['idempotency-replayed'] === 'true'
      return { kind: 'answer', status: response.statusCode, body: jsonOf(text), retryAfterMs, replayed }
    } catch (error) {
      return { kind: 'fault', reason: reasonOf(error) }
    }
  }

  const { origin: baseUrl } = new URL(origin)
  const fetch = fetchOver(pool, baseUrl)
  return {
    origin: baseUrl,
    shop: createShopClient({
      baseUrl,
      fetch,
      attemptTimeoutMs: answerTimeoutMs,
      retryAfterMsMax,
      events: false,
    }),
    send,
    prime: async (path) => {
      await Promise.all(Array.from({ length: connections }, () => send({ method: 'GET', path })))
    },
    destroy: (reason) => pool.destroy(new Error(reason)),
  }
}
