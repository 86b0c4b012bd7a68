/** The load generator: the same for every contender. */
import { openClient } from './http-client.ts'

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

/** Runs a closed loop to its end. Faults are counted, not thrown. */
export const runLoad = async (load: Load): Promise<LoadResult> => {
  const client = openClient(load.origin, load.connections)
  const statuses = new Map<number, number>()
  const startedAtMs = performance.now()
  const endsAtMs = load.durationMs === undefined ? Infinity : startedAtMs + load.durationMs
  const requestsMax = load.requestsMax ?? Infinity
  if (endsAtMs === Infinity && requestsMax === Infinity) throw new Error('expected an end of the load')
  let sent = 0

  const connection = async (): Promise<void> => {
    while (sent < requestsMax && performance.now() < endsAtMs) {
      const n = sent
      sent += 1
      const { status, body } = await client.send({ method: load.method, ...load.request(n) }, !!load.onAnswer)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      load.onAnswer?.(n, status, body)
    }
  }
  await Promise.all(Array.from({ length: load.connections }, connection))
  const elapsedMs = performance.now() - startedAtMs
  await client.close()
  return { statuses, elapsedMs }
}

/**
 * Starts the n-th piece of work at its intended time, whatever has become of those before it: a slow server gets no
 * rest, and whoever times from `intendedAtMs` (of `performance.now()`) counts all waiting.
 * @param start must not reject. @returns when all that was started has ended.
 */
export const runOpenLoop = async (
  { ratePerS, durationMs }: { ratePerS: number; durationMs: number },
  start: (n: number, intendedAtMs: number) => Promise<void>,
): Promise<void> => {
  const count = Math.max(1, Math.round((ratePerS * durationMs) / 1000))
  const firstAtMs = performance.now()
  const running: Promise<void>[] = []
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      const nowMs = performance.now()
      for (;;) {
        const n = running.length
        const intendedAtMs = firstAtMs + (n * 1000) / ratePerS
        if (n >= count) return void resolve()
        if (intendedAtMs > nowMs) break
        running.push(start(n, intendedAtMs))
      }
      setTimeout(tick, 1)
    }
    tick()
  })
  await Promise.all(running)
}
