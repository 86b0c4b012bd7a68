/** How long a call of the client goes on, and when it tries again. */
import { ClientFault } from './client-fault.ts'

export interface CallOptions {
  /** Ends the call with a fault (`aborted`); what was sent may have been accepted. */
  signal?: AbortSignal
  /** Limit on the whole call, tries and pauses included. */
  withinMs?: number
}

/** The limit on one call: it ends with the caller's signal or with its time. Holds no timer between the steps. */
export interface Patience {
  leftMs(): number
  /** The fault that ended the call; undefined while it goes on. */
  over(): ClientFault | undefined
  /** Waits, at most until the call is over. @throws {ClientFault} `aborted` or `timeout`. */
  pause(pauseMs: number): Promise<void>
  /** Gives a step a signal that aborts when the call is over, or after `stepMs`. */
  step<T>(stepMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T>
}

const backoffMsFirst = 100
const backoffMsMax = 5_000

/** Doubles with each try, from 100 ms to 5 s. @param attempt from 1. */
export const backoffMs = (attempt: number): number =>
  Math.min(backoffMsFirst * 2 ** Math.min(attempt - 1, 10), backoffMsMax)

/**
 * Never sooner than asked for, and up to half as long again, so that a crowd does not come back as one.
 * @param fraction of that half, from 0 to 1.
 */
export const spread = (pauseMs: number, fraction = Math.random()): number => pauseMs * (1 + fraction / 2)

/** The longest that timers can wait. */
const timerMsMax = 2 ** 31 - 1

/** @param what is named in the fault that ends the call. */
export const patienceOf = (what: string, withinMs: number, signal: AbortSignal | undefined): Patience => {
  const endsAtMs = performance.now() + withinMs
  const leftMs = (): number => Math.max(0, endsAtMs - performance.now())

  const over = (): ClientFault | undefined => {
    if (signal?.aborted) return new ClientFault('aborted', `${what} was aborted`, { cause: signal.reason })
    return leftMs() > 0 ? undefined : new ClientFault('timeout', `${what} took longer than it may`)
  }

  const step = async <T>(stepMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const stop = new AbortController()
    const abort = (): void => stop.abort()
    // Rounded up, so that the time is really over when the timer says so.
    const timer = setTimeout(abort, Math.min(Math.ceil(Math.min(stepMs, leftMs())), timerMsMax))
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort)
    try {
      return await work(stop.signal)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  const pause = async (pauseMs: number): Promise<void> => {
    await step(pauseMs, (stopped) =>
      stopped.aborted
        ? Promise.resolve()
        : new Promise<void>((resolve) => stopped.addEventListener('abort', () => resolve())),
    )
    const fault = over()
    if (fault) throw fault
  }
  return { leftMs, over, pause, step }
}
