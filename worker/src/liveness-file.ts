import { writeFile } from 'node:fs/promises'
import type { Redis } from 'ioredis'

const everyMs = 5_000

/**
 * Touches a file while the event loop runs and Redis answers, for health checks of a process without a port.
 * @returns what stops it.
 */
export const keepLivenessFile = (file: string, redis: Redis): (() => void) => {
  const touch = async (): Promise<void> => {
    await redis.ping()
    await writeFile(file, new Date().toISOString())
  }
  const attempt = (): void => {
    // Without an answer the file grows old, which is the message.
    touch().catch(() => undefined)
  }
  redis.once('ready', attempt)
  const timer = setInterval(attempt, everyMs)
  return () => clearInterval(timer)
}
