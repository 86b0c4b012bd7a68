/** The load generator: the same for every contender. */
import { Pool } from 'undici'

export interface Load {
  /** As in `http://127.0.0.1:3000`. */
  origin: string
  /** Kept connections; each sends its next request when it has the answer to its last. */
  connections: number
  method: 'GET' | 'POST'
  /** Path and body of the n-th request, from 0. */
  request: (n: number) => { path: string; body?: string }
  /** Ends the load: no request is sent after so many milliseconds … */
  durationMs?: number
  /** … or so many requests. One of the two is needed. */
  requestsMax?: number
  /** Called with the body of each answer; leaving it out spares the generator the reading. */
  onAnswer?: (n: number, status: number, body: string) => void
}

export interface LoadResult {
  /** Answers by status; 0: a fault instead of an answer. */
  statuses: ReadonlyMap<number, number>
  /** From the first request until the last answer. */
  elapsedMs: number
}

const answerTimeoutMs = 60_000
const headers = { 'content-type': 'application/json' }

/** Runs a closed loop to its end. Faults are counted, not thrown. */
export const runLoad = async (load: Load): Promise<LoadResult> => {
  const pool = new Pool(load.origin, {
    connections: load.connections,
    pipelining: 1,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  })
  const statuses = new Map<number, number>()
  const count = (status: number): void => void statuses.set(status, (statuses.get(status) ?? 0) + 1)
  const startedAtMs = performance.now()
  const endsAtMs = load.durationMs === undefined ? Infinity : startedAtMs + load.durationMs
  const requestsMax = load.requestsMax ?? Infinity
  if (endsAtMs === Infinity && requestsMax === Infinity) throw new Error('expected an end of the load')
  let sent = 0

  const send = (n: number): Promise<void> =>
    new Promise((resolve) => {
      const { path, body } = load.request(n)
      let status = 0
      const chunks: Buffer[] = []
      pool.dispatch(
        { path, method: load.method, headers, ...(body === undefined ? {} : { body }) },
        {
          // By this undici tells its present handlers from its old ones.
          onRequestStart: () => undefined,
          onResponseStart: (_controller, code) => {
            status = code
          },
          onResponseData: (_controller, chunk) => {
            if (load.onAnswer) chunks.push(chunk)
          },
          onResponseEnd: () => {
            count(status)
            load.onAnswer?.(n, status, Buffer.concat(chunks).toString())
            resolve()
          },
          onResponseError: () => {
            count(0)
            resolve()
          },
        },
      )
    })

  const connection = async (): Promise<void> => {
    while (sent < requestsMax && performance.now() < endsAtMs) {
      sent += 1
      await send(sent - 1)
    }
  }
  await Promise.all(Array.from({ length: load.connections }, connection))
  const elapsedMs = performance.now() - startedAtMs
  await pool.destroy()
  return { statuses, elapsedMs }
}
