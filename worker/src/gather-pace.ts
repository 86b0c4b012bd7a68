import { setTimeout as delay } from 'node:timers/promises'

const pauseMsMax = 50

/**
 * Between two batches of a product that are not full the next one gathers for as long as the last lease was held: so no
 * more than half of the time goes to statements, whose cost is mostly one a batch, however fast they are. Without the
 * pause a fast Postgres makes batches small and, where it shares its cores with the rest, everything slower (measured in
 * docs/performance.md). A purchase that finds the line empty does not wait.
 */
export interface GatherPace {
  /** Waits for what is left of the pause after the last batch; less than a millisecond is not waited. Ends with the signal. */
  pause(signal: AbortSignal): Promise<void>
  /** A batch was settled just now, under a lease that has been held for so long. */
  settled(leaseMs: number): void
}

/** For one product line. */
export const createGatherPace = (): GatherPace => {
  let readyAtMs = 0
  return {
    pause: async (signal) => {
      const leftMs = readyAtMs - performance.now()
      if (leftMs >= 1) await delay(leftMs, undefined, { signal }).catch(() => undefined)
    },
    settled: (leaseMs) => {
      readyAtMs = performance.now() + Math.min(pauseMsMax, leaseMs)
    },
  }
}
