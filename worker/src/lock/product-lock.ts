/**
 * The lock of a product: one holder at a time, waiters served in order of arrival, a lease that ends by itself.
 *
 * Algorithm: a ticket line per product in Redis (a sorted set scored by a counter), as in a ticket lock
 * (Mellor-Crummey and Scott, 1991), with a lease and a fencing token as in Gray and Cheriton (1989) and Kleppmann,
 * "How to do distributed locking" (2016). A release wakes the head of the line by pub/sub, which may lose messages;
 * each waiter therefore also asks again every `heartbeatMs`, and that call is its sign of life: one that has been
 * silent for `silentMsMax` is taken for dead and loses its place. So a killed holder delays its product by its lease
 * and, with a dead waiter at the head, by no more than the same time, since both fall silent together.
 *
 * What it does not promise: mutual exclusion. A holder that was paused past its lease does not know it yet, and a
 * Redis that fails over or loses its data may grant twice. Postgres' row lock and the fencing token make settling
 * right without it; the lock is there for order, speed and for the wait to be seen.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@flash-sale/shared/logger.ts'
import type { RedisKeys } from '@flash-sale/shared/redis-keys.ts'
import { batchIdOf } from '../batch-id.ts'
import { holdLease, type Lease } from './lease.ts'
import type { LockScripts } from './lock-scripts.ts'
import type { PlaceInLine, Share } from './place-in-line.ts'
import type { WakeCalls } from './wake-calls.ts'

/** How often a waiter shows that it lives and looks whether the lock is free. */
const heartbeatMs = 500
/** Three signs of life missed. Less than the shortest lease makes sense: a dead holder and waiter end together. */
const silentMsMax = 1_500
/** Between attempts while Redis does not answer. */
const redisRetryMs = 250

export interface LockWaiter {
  /** What the next batch would settle, and what would stay behind; asked with every look at the lock. */
  share: () => Share
  /** Told the place in line after each look that did not get the lock. */
  onPlace: (place: PlaceInLine) => void
  /** Gives up the wait. */
  signal: AbortSignal
}

export interface ProductLock {
  /**
   * Waits for the lock of a product, as long as it takes: a wait beyond the limit is logged and counted and keeps its
   * place, and while Redis is away it is tried again. One wait a product at a time.
   * @throws the signal's reason when the wait is given up.
   */
  acquire(productId: number, waiter: LockWaiter): Promise<Lease>
  /** Tells of a fencing token that Postgres has seen, so that the next lease gets a larger one. */
  raiseFloor(productId: number, token: number): void
  counters: { leasesLost: number; longWaits: number }
  /** Waits that stand in line now. */
  inLine(): number
}

export interface ProductLockOptions {
  scripts: LockScripts
  wakeCalls: WakeCalls
  keys: RedisKeys
  workerId: string
  leaseMs: number
  /** A wait longer than this is logged. */
  waitMsMax: number
  logger: Logger
}

export const createProductLock = (options: ProductLockOptions): ProductLock => {
  const { scripts, keys, logger } = options
  const wakePrefix = keys.wakeChannel('')
  const floors = new Map<number, number>()
  const counters = { leasesLost: 0, longWaits: 0 }
  let waits = 0
  let inLine = 0

  const raiseFloor = (productId: number, token: number): void => {
    floors.set(productId, Math.max(floors.get(productId) ?? 0, token))
  }

  /** One look: undefined when the lock is not ours yet, with how long to wait before the next look. */
  const look = async (productId: number, owner: string, waiter: LockWaiter) => {
    const requestedAtMs = performance.now()
    const reply = await scripts.acquire(keys.lock(productId), {
      waiter: owner,
      leaseMs: options.leaseMs,
      tokenFloor: floors.get(productId) ?? 0,
      silentMsMax,
      ...waiter.share(),
    })
    if (reply.kind === 'waiting') {
      waiter.onPlace(reply.place)
      const leaseEndsMs = reply.leaseLeftMs > 0 ? reply.leaseLeftMs + 1 : heartbeatMs
      return { retryMs: Math.min(heartbeatMs, leaseEndsMs) }
    }
    raiseFloor(productId, reply.token)
    const lease = holdLease({
      scripts,
      keys: keys.lock(productId),
      owner,
      token: reply.token,
      leaseMs: options.leaseMs,
      requestedAtMs,
      wakePrefix,
      onLost: () => {
        counters.leasesLost += 1
        logger.warn(
          { batchId: batchIdOf(productId, reply.token), productId },
          'lease lost: it ended before its batch did',
        )
      },
    })
    return { lease }
  }

  const acquire = async (productId: number, waiter: LockWaiter): Promise<Lease> => {
    waits += 1
    const owner = `${options.workerId}:${waits}`
    const since = performance.now()
    let told = false
    let stands = false
    let unreachable = false
    let woken = (): void => undefined
    const stopListening = options.wakeCalls.listen(owner, () => woken())
    try {
      while (true) {
        waiter.signal.throwIfAborted()
        // Armed before the look: a call that comes between the answer and the wait is not missed.
        const call = new Promise<void>((resolve) => {
          woken = resolve
        })
        let retryMs = redisRetryMs
        try {
          const result = await look(productId, owner, waiter)
          if (result.lease) return result.lease
          retryMs = result.retryMs
          if (!stands) inLine += 1
          stands = true
          unreachable = false
        } catch (error) {
          if (!unreachable)
            logger.warn({ productId, err: error }, 'the lock cannot be asked for: trying again')
          unreachable = true
        }
        const waitedMs = performance.now() - since
        if (!told && waitedMs > options.waitMsMax) {
          told = true
          counters.longWaits += 1
          logger.warn(
            { productId, waitedMs: Math.round(waitedMs) },
            'waiting long for the lock, keeping the place',
          )
        }
        await wakeUpOr(call, retryMs, waiter.signal)
      }
    } catch (error) {
      await scripts.release(keys.lock(productId), owner, wakePrefix).catch(() => false)
      throw error
    } finally {
      if (stands) inLine -= 1
      stopListening()
    }
  }

  return { acquire, raiseFloor, counters, inLine: () => inLine }
}

/** Ends with the call, after `ms`, or when the signal aborts; leaves no timer behind. */
const wakeUpOr = async (call: Promise<void>, ms: number, signal: AbortSignal): Promise<void> => {
  const timer = new AbortController()
  const aborted = (): void => timer.abort()
  signal.addEventListener('abort', aborted, { once: true })
  await Promise.race([call, delay(ms, undefined, { signal: timer.signal }).catch(() => undefined)])
  signal.removeEventListener('abort', aborted)
  timer.abort()
}
