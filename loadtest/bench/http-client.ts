/** Sends requests as cheaply as Node can: the load generator shares its cores with what it measures. */
import { Pool } from 'undici'

export interface BenchRequest {
  method: 'GET' | 'POST'
  path: string
  body?: string
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
  close(): Promise<void>
}

const answerTimeoutMs = 60_000
const headers = { 'content-type': 'application/json' }

/** Keeps up to `connections` connections; a request that finds none free waits for one. */
export const openClient = (origin: string, connections: number): BenchClient => {
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  })
  return {
    send: ({ method, path, body }, readsBody = false) =>
      new Promise((resolve) => {
        let status = 0
        const chunks: Buffer[] = []
        pool.dispatch(
          { path, method, headers, ...(body === undefined ? {} : { body }) },
          {
            // By this undici tells its present handlers from its old ones.
            onRequestStart: () => undefined,
            onResponseStart: (_controller, code) => {
              status = code
            },
            onResponseData: (_controller, chunk) => {
              if (readsBody) chunks.push(chunk)
            },
            onResponseEnd: () => resolve({ status, body: readsBody ? Buffer.concat(chunks).toString() : '' }),
            onResponseError: () => resolve({ status: 0, body: '' }),
          },
        )
      }),
    close: () => pool.destroy(),
  }
}
