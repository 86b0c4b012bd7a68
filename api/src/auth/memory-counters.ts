import type { ClientRateLimitInfo, Store } from 'express-rate-limit'

/** What is kept of an address is about 200 bytes. */
const addressesMaxDefault = 50_000

/**
 * Counters of one process, each for a window that begins with its first hit. The library's own keep every address that
 * came within two windows, and somebody with a large block of IPv6 has millions; of these here no more than
 * `addressesMax` are kept, the newest, so that such a client makes us forget counts, but use no memory.
 */
export const memoryCounters = (addressesMax = addressesMaxDefault): Store => {
  // In the order in which their windows began, hence end.
  const counters = new Map<string, ClientRateLimitInfo & { resetTime: Date }>()
  let windowMs = 0

  const running = (key: string) => {
    const counter = counters.get(key)
    return counter !== undefined && counter.resetTime.getTime() > Date.now() ? counter : undefined
  }
  const begin = (key: string) => {
    counters.delete(key)
    const [oldest] = counters.keys()
    if (oldest !== undefined && counters.size >= addressesMax) counters.delete(oldest)
    const counter = { totalHits: 0, resetTime: new Date(Date.now() + windowMs) }
    counters.set(key, counter)
    return counter
  }

  return {
    localKeys: true,
    init: (options) => {
      windowMs = options.windowMs
    },
    get: running,
    increment: (key) => {
      const counter = running(key) ?? begin(key)
      counter.totalHits += 1
      return counter
    },
    decrement: (key) => {
      const counter = running(key)
      if (counter !== undefined && counter.totalHits > 0) counter.totalHits -= 1
    },
    resetKey: (key) => void counters.delete(key),
  }
}
