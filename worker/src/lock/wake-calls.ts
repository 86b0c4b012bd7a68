import type { Redis } from 'ioredis'

/** Wake-up calls from Redis to the waiters of this worker. They may get lost: a waiter also looks by itself. */
export interface WakeCalls {
  /** Runs `onWake` at the next call for this waiter; the returned function stops that. */
  listen(waiter: string, onWake: () => void): () => void
}

/**
 * Subscribes once for the whole worker.
 * @param subscriber a connection used for nothing else; it subscribes again by itself after a reconnect.
 */
export const openWakeCalls = (subscriber: Redis, channel: string): WakeCalls => {
  const listeners = new Map<string, () => void>()
  subscriber.on('message', (from: string, waiter: string) => {
    if (from === channel) listeners.get(waiter)?.()
  })
  // Rejects only when the connection is closed for good.
  subscriber.subscribe(channel).catch(() => undefined)
  return {
    listen: (waiter, onWake) => {
      listeners.set(waiter, onWake)
      return () => listeners.delete(waiter)
    },
  }
}
