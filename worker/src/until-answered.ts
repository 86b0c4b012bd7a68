import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'

const patienceMs = 1_000

/**
 * Resolves when Redis has answered all that was asked of it on this connection before, and in this turn of the event
 * loop: it answers in order, so the answer to a PING comes after all others. After a second without an answer it resolves
 * too. Never rejects.
 */
export const untilAnswered = async (redis: Redis): Promise<void> => {
  // Twice: what this turn's answers set off is itself sent at the end of a turn.
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  const patience = new AbortController()
  await Promise.race([
    redis.ping().catch(() => undefined),
    delay(patienceMs, undefined, { signal: patience.signal }).catch(() => undefined),
  ])
  patience.abort()
}
