/**
 * How many product lines of a worker may settle at a time; the others wait in order, and what they settle then is more.
 *
 * Each batch costs 2 ms of CPU however small it is, so with many products it is better to settle few of them at a time:
 * figures in docs/performance.md.
 */
export interface Turns {
  /**
   * Waits for a turn.
   * @returns what ends it; ending it twice does nothing.
   * @throws the signal's reason when the wait is given up.
   */
  take(signal: AbortSignal): Promise<() => void>
}

/** @param max turns at a time, at least 1. */
export const createTurns = (max: number): Turns => {
  const waiting = new Set<() => void>()
  let taken = 0

  const next = (): void => {
    const [first] = waiting
    if (!first || taken >= max) return
    waiting.delete(first)
    taken += 1
    first()
  }

  const ender = (): (() => void) => {
    let ended = false
    return () => {
      if (ended) return
      ended = true
      taken -= 1
      next()
    }
  }

  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const giveUp = (): void => {
          waiting.delete(start)
          reject(signal.reason)
        }
        const start = (): void => {
          signal.removeEventListener('abort', giveUp)
          resolve(ender())
        }
        signal.addEventListener('abort', giveUp, { once: true })
        waiting.add(start)
        next()
      }),
  }
}
