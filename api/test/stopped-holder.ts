/** A worker that is paused with a lock in its hand. */
import type { Service } from '@flash-sale/local/service.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { LockKeys } from '@flash-sale/shared/redis-keys.ts'
import { eventually } from './served-api.ts'

/** The sale may have to begin first. */
const patienceMs = 30_000

/**
 * Stops a worker at a moment when it holds this lock and another one stands in line. The lock stays with it until its
 * lease ends. @returns what lets it go on.
 */
export const stopHolder = (worker: Service, redis: Redis, { lock, line }: LockKeys): Promise<() => void> =>
  eventually(async () => {
    worker.kill('SIGSTOP')
    const [owner, waiters] = await Promise.all([redis.hget(lock, 'owner'), redis.zcard(line)])
    if (owner?.startsWith(worker.name) && waiters > 0) return () => worker.kill('SIGCONT')
    worker.kill('SIGCONT')
    return undefined
  }, patienceMs)
