/** How long a call of the client goes on, and when it tries again. */
import { ClientFault } from './client-fault.ts'

export interface CallOptions {
  /** Ends the call with a fault (`aborted`); what was sent may have been accepted. */
  signal?: AbortSignal
  /** Limit on the whole call, tries and pauses included. */
  withinMs?: number
}

/** The limit on one call: ends with the caller's signal or with its time. */
export interface Patience {
  readonly signal: AbortSignal
  leftMs(): number
  /** Waits, and ends early with the fault that ended the call. @throws {ClientFault} `aborted` or `timeout`. */
  pause(pauseMs: number): Promise<void>
  /** @throws {ClientFault} `aborted` or `timeout` once the call is over. */
  check(): void
  /** Frees the timer and the caller's signal. */
  end(): void
}

const backoffMsFirst = 100
const backoffMsMax = 5_000

/** Doubles with each try, from 100 ms to 5 s. @param attempt from 1. */
export const backoffMs = (attempt: number): number =>
  Math.min(backoffMsFirst * 2 ** Math.min(attempt - 1, 10), backoffMsMax)

/** Never sooner than asked for, and up to half as long again, so that a crowd does not come back as one. */
export const spread = (pauseMs: number): number => pauseMs * (1 + Math.random() / 2)

export const patienceOf = (
  what: string,
  { signal, withinMs }: Required<Pick<CallOptions, 'withinMs'>> & CallOptions,
): Patience => {
  const endsAtMs = performance.now() + withinMs
  const over = new AbortController()
  const abort = (): void => over.abort(new ClientFault('aborted', `${what} was aborted`))
  const timer = setTimeout(
    () => over.abort(new ClientFault('timeout', `${what} was not done within ${withinMs} ms`)),
    withinMs,
  )
  if (signal?.aborted) abort()
  else signal?.addEventListener('abort', abort)

  const check = (): void => {
    if (over.signal.aborted) throw over.signal.reason
  }
  return {
    signal: over.signal,
    leftMs: () => Math.max(0, endsAtMs - performance.now()),
    check,
    pause: async (pauseMs) => {
      check()
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(pausing)
          over.signal.removeEventListener('abort', done)
          resolve()
        }
        const pausing = setTimeout(done, pauseMs)
        over.signal.addEventListener('abort', done)
      })
      check()
    },
    end: () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    },
  }
}
