import { hash } from 'node:crypto'
import { withDeadline } from '@flash-sale/shared/deadline.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { type RedisReply, RedisStore } from 'rate-limit-redis'

/** A purchase waits no longer for its counters; with the 1.7 s of the queue it stays within its 2 s. */
const countDeadlineMs = 100

/**
 * Counters in Redis, shared by all api processes. A count that does not come within 100 ms is an error, at once while
 * Redis is away.
 *
 * The store loads its script once, when it is made, and never recovers when Redis is away then. So its script is kept
 * here and sent along when Redis does not know it.
 */
export const limitStore = (redis: Redis, prefix: string): RedisStore => {
  const scripts = new Map<string, string>()

  const run = async (digest: string, args: readonly string[]): Promise<RedisReply> => {
    const [keyCount = '0', ...rest] = args
    try {
      return (await redis.evalsha(digest, Number(keyCount), ...rest)) as RedisReply
    } catch (error) {
      const script = scripts.get(digest)
      if (script === undefined || !(error instanceof Error && error.message.startsWith('NOSCRIPT')))
        throw error
      return (await redis.eval(script, Number(keyCount), ...rest)) as RedisReply
    }
  }

  return new RedisStore({
    prefix,
    sendCommand: async (command, ...args) => {
      const [first = '', second = ''] = args
      if (command === 'SCRIPT' && first === 'LOAD') {
        const digest = hash('sha1', second)
        scripts.set(digest, second)
        return digest
      }
      if (command === 'EVALSHA') return withDeadline('counting', countDeadlineMs, run(first, args.slice(1)))
      return (await redis.call(command, ...args)) as RedisReply
    },
  })
}
