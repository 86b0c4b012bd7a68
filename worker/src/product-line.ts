/**
 * The purchases of one product that this worker has taken, and the loop that settles them batch by batch:
 * lock, take what has gathered, settle, release, answer. While a batch is in the database the next one gathers,
 * which is group commit without a timer.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@flash-sale/shared/logger.ts'
import type { ProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import { answerBatch } from './answer-batch.ts'
import { backoffMs } from './backoff.ts'
import { BatchFault } from './batch-fault.ts'
import { batchIdOf } from './batch-id.ts'
import { batchMessage } from './batch-news.ts'
import { createGatherPace } from './gather-pace.ts'
import type { Lease } from './lock/lease.ts'
import { afterTurn, behindOwn, nobodyInLine } from './lock/place-in-line.ts'
import type { ProductLock } from './lock/product-lock.ts'
import { byAcceptance } from './purchase.ts'
import { type BatchResult, type BatchSettler, settleBatch } from './settle-batch.ts'
import type { Turns } from './turns.ts'
import { type ProgressBudget, reportSettling, reportWaiting } from './waiting-progress.ts'
import type { WaitingPurchase } from './waiting-purchase.ts'
import type { WorkerEvents } from './worker-events.ts'

export interface ProductLineOptions {
  lock: ProductLock
  settler: BatchSettler
  catalog: ProductCatalog
  /** Tells everybody what a batch came to. */
  tell: (message: string) => void
  /** This and the next are shared by all lines of a worker. */
  turns: Turns
  progress: ProgressBudget
  /** Resolves when the jobs that were answered before the call have ended in the queue, or after a while; never rejects. */
  untilEnded: () => Promise<void>
  events: WorkerEvents
  logger: Logger
  /** Purchases per lock where the product does not say otherwise. */
  batchMax: number
  /** Aborts when the worker hands back what it has not begun. */
  signal: AbortSignal
}

export interface ProductLine {
  add(waiting: WaitingPurchase): void
  /** Purchases that are not being settled yet. */
  waiting(): number
  /** Purchases that are being settled. */
  settling(): number
  /** Milliseconds since a batch was settled, or since the line started to run. */
  idleMs(): number
  /** Gives up all but the `keep` purchases that are foremost. */
  stepBack(keep: number, reason: Error): void
}

const progressEveryMs = 250
/** @param onEmpty called when the line has run dry; a later `add` starts it again. */
export const createProductLine = (
  productId: number,
  options: ProductLineOptions,
  onEmpty: () => void,
): ProductLine => {
  const { lock, settler, catalog, turns, untilEnded, events, logger, signal } = options
  let waiting: WaitingPurchase[] = []
  let settling: { batch: readonly WaitingPurchase[]; grantedAtMs: number } | undefined
  let place = nobodyInLine
  let batchMax = options.batchMax
  let thinkMs = 0
  let faults = 0
  let running = false
  let movedAtMs = 0
  const pace = createGatherPace()

  const readFacts = async (): Promise<void> => {
    // A database that is down must not stop the line: it will be asked again with the next batch.
    const facts = await catalog.find(productId).catch(() => undefined)
    batchMax = facts?.batchMax ?? options.batchMax
    thinkMs = facts?.thinkMs ?? 0
  }

  const takeForemost = (count: number): WaitingPurchase[] => {
    waiting.sort((a, b) => byAcceptance(a.purchase, b.purchase))
    return waiting.splice(0, count)
  }

  const acquire = async (endTurn: () => void): Promise<Lease> => {
    let seen = nobodyInLine
    const lease = await lock.acquire(productId, {
      share: () => {
        const purchases = Math.min(waiting.length, batchMax)
        return { purchases, left: waiting.length - purchases }
      },
      onPlace: (now) => {
        seen = now
        place = now
        // Somebody else holds the lock: meanwhile another line of this worker may settle.
        endTurn()
      },
      signal,
    })
    place = afterTurn(seen, batchMax)
    return lease
  }

  const settleNext = async (): Promise<void> => {
    await readFacts()
    if (waiting.length < batchMax) await pace.pause(signal)
    const endTurn = await turns.take(signal)
    try {
      await settleUnder(await acquire(endTurn), endTurn)
    } catch (error) {
      endTurn()
      throw error
    }
  }

  const settleUnder = async (lease: Lease, endTurn: () => void): Promise<void> => {
    const leasedAtMs = performance.now()
    const batchId = batchIdOf(productId, lease.token)
    const batch = takeForemost(batchMax)
    settling = { batch, grantedAtMs: lease.grantedAtMs }
    try {
      const purchases = batch.map((item) => item.purchase)
      const result = await settleBatch(settler, lease, productId, purchases, thinkMs)
      pace.settled(performance.now() - leasedAtMs)
      // The release is under way before the answers are, so that the next holder does not wait for them.
      const released = lease.release()
      const { answered, left } = answerBatch(batch, lease, result)
      // Where ending jobs is what takes the time, purchases shall gather in their lines and not behind it.
      void untilEnded().then(endTurn)
      waiting.push(...left)
      if (answered.length > 0) movedAtMs = performance.now()
      const message = batchMessage(answered)
      if (message !== undefined) options.tell(message)
      events.batchAnswered({ productId, grantedAtMs: lease.grantedAtMs, batch, ...result })
      const settleMs = Math.round(result.settleMs)
      logger.debug({ batchId, productId, batchSize: batch.length, settleMs }, 'batch settled')
      await released
      await pauseAfter(result, batchId)
    } catch (error) {
      // A bug, not a fault of the infrastructure: those jobs fail where everybody sees it, the line goes on.
      logger.error({ err: error, batchId, productId }, 'a batch could not be settled')
      for (const item of batch) item.reject(new BatchFault(batchId, error))
      endTurn()
      await lease.release()
    } finally {
      settling = undefined
    }
  }

  const pauseAfter = async (result: BatchResult, batchId: string): Promise<void> => {
    if (result.again) events.settledAgain(result.again.fault ? 'fault' : 'newer_lease')
    if (!result.again?.fault) {
      faults = 0
      return
    }
    faults += 1
    const pauseMs = Math.round(backoffMs(faults))
    const { reason } = result.again
    logger.warn({ batchId, productId, reason, faults, pauseMs }, 'settling the batch again')
    await delay(pauseMs, undefined, { signal }).catch(() => undefined)
  }

  const run = async (): Promise<void> => {
    running = true
    movedAtMs = performance.now()
    const progress = setInterval(() => {
      const seen = settling ? behindOwn(place, settling.batch.length) : place
      reportWaiting(waiting, batchMax, seen, options.progress)
      if (settling) reportSettling(settling.batch, settling.grantedAtMs, options.progress)
    }, progressEveryMs)
    let reason: unknown
    try {
      while (waiting.length > 0 && !signal.aborted) await settleNext()
      reason = signal.reason
    } catch (error) {
      reason = error
      if (!signal.aborted) logger.error({ err: error, productId }, 'the line of a product stopped')
    } finally {
      clearInterval(progress)
      running = false
    }
    const left = waiting
    waiting = []
    // Latest first: each goes back to the front of the queue, so the earliest ends up foremost.
    left.sort((a, b) => byAcceptance(a.purchase, b.purchase)).reverse()
    for (const item of left) item.reject(reason)
    onEmpty()
  }

  return {
    add: (item) => {
      waiting.push(item)
      if (!running) void run()
    },
    waiting: () => waiting.length,
    settling: () => settling?.batch.length ?? 0,
    idleMs: () => performance.now() - movedAtMs,
    stepBack: (keep, reason) => {
      const foremost = takeForemost(keep)
      for (const item of waiting) item.reject(reason)
      waiting = foremost
    },
  }
}
