/** One HTTP call of the client, and what an answer says. */
import { ClientFault } from './client-fault.ts'
import type { Patience } from './client-patience.ts'
import type { Problem } from './client-types.ts'

/** What is used of a `Response`. */
export interface FetchedResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: ReadableStream<Uint8Array> | null
  text(): Promise<string>
}

export interface FetchInit {
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
  signal: AbortSignal
}

/** `fetch` of browsers and Node, or anything that does the same. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchedResponse>

/** A customer's token, or what gives one; asked before each call. */
export type Token = string | (() => string | Promise<string>)

export interface HttpSettings {
  baseUrl: string
  fetch: Fetch
  token: Token | undefined
  attemptTimeoutMs: number
}

export interface Call {
  method: 'GET' | 'POST'
  /** Starts with a slash. */
  path: string
  /** Sent as JSON. */
  body?: unknown
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  /** What the body holds as JSON; undefined when it is none. */
  body: unknown
  headers: { get(name: string): string | null }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The problem that an answer carries; undefined when something else than the engine answered. */
export const problemOf = ({ status, body }: Pick<Answer, 'status' | 'body'>): Problem | undefined =>
  status >= 400 && isRecord(body) && typeof body.code === 'string' && typeof body.detail === 'string'
    ? (body as unknown as Problem)
    : undefined

/** Milliseconds that `Retry-After` asks for; it holds seconds or a date (RFC 9110). */
export const retryAfterMsOf = (header: string | null, nowMs: number = Date.now()): number | undefined => {
  if (header === null) return undefined
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

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const authorizationOf = async (token: Token | undefined): Promise<Record<string, string>> => {
  if (token === undefined) return {}
  try {
    return { authorization: `Bearer ${typeof token === 'string' ? token : await token()}` }
  } catch (error) {
    throw new ClientFault('token', `no token: ${messageOf(error)}`, { cause: error })
  }
}

/**
 * Opens a call: the body is still to be read, under the same signal.
 * @throws {ClientFault} `network` when nothing comes back, `token` when nothing was sent.
 */
export const openCall = async (
  { baseUrl, fetch, token }: HttpSettings,
  { method, path, body, headers }: Call,
  signal: AbortSignal,
): Promise<FetchedResponse> => {
  const authorization = await authorizationOf(token)
  try {
    return await fetch(baseUrl + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...authorization,
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    })
  } catch (error) {
    throw new ClientFault('network', `${method} ${path}: ${messageOf(error)}`, { cause: error })
  }
}

/**
 * Sends one call and reads its answer, of whatever status, within `attemptTimeoutMs`.
 * @throws {ClientFault} `network` when no whole answer comes back in that time, `token` when nothing was sent, `aborted`
 * or `timeout` when there is no patience left.
 */
export const send = async (settings: HttpSettings, call: Call, patience: Patience): Promise<Answer> => {
  try {
    return await patience.step(settings.attemptTimeoutMs, async (signal) => {
      const response = await openCall(settings, call, signal)
      return { status: response.status, body: jsonOf(await response.text()), headers: response.headers }
    })
  } catch (error) {
    const over = patience.over()
    if (over) throw over
    if (error instanceof ClientFault) throw error
    throw new ClientFault('network', `${call.method} ${call.path}: ${messageOf(error)}`, { cause: error })
  }
}
