import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@flash-sale/shared/logger.ts'
import { type Database, DatabaseUnavailableError } from '@flash-sale/shared/postgres.ts'
import type { StockNews } from '@flash-sale/shared/stock-news.ts'
import { batchIdOf } from './batch-id.ts'
import type { Lease } from './lock/lease.ts'
import type { Purchase, Settled } from './purchase.ts'
import { recordFailed } from './record-failed.ts'
import { settle } from './settle.ts'
import type { WorkerEvents } from './worker-events.ts'

/** What became of a batch: purchases that are not in `outcomes` have to be settled again, when `again` says why. */
export interface BatchResult {
  outcomes: ReadonlyMap<string, Settled>
  again?: { reason: string /** A fault, worth a pause, and not just a newer lease. */; fault: boolean }
  /** Of the last statement, milliseconds. */
  settleMs: number
}

export interface BatchSettler {
  database: Database
  logger: Logger
  /** Tells the lock of a token that Postgres has seen. */
  raiseFloor: (productId: number, token: number) => void
  /** Tells everybody what is left. */
  announce: (news: StockNews) => void
  events: Pick<WorkerEvents, 'staleTokenRefused'>
}

/**
 * Settles a batch under a lease. No statement is sent once the lease is lost; the answer of one that was in flight
 * still counts, since Postgres checked its token. Never throws for a fault of the infrastructure.
 * @param thinkMs simulated payment latency of a demo product, spent before the statement.
 */
export const settleBatch = async (
  settler: BatchSettler,
  lease: Lease,
  productId: number,
  batch: readonly Purchase[],
  thinkMs: number,
): Promise<BatchResult> => {
  if (thinkMs > 0) await delay(thinkMs)
  const nothing: ReadonlyMap<string, Settled> = new Map()
  if (!lease.isHeld())
    return { outcomes: nothing, settleMs: 0, again: { reason: 'lease lost', fault: false } }

  const startedAtMs = performance.now()
  const result = await settle(settler.database, productId, lease.token, batch)
  const settleMs = performance.now() - startedAtMs
  switch (result.kind) {
    case 'settled':
      if (result.left) settler.announce({ productId, ...result.left })
      return { outcomes: result.outcomes, settleMs }
    case 'stale_token':
      settler.raiseFloor(productId, result.floor)
      settler.events.staleTokenRefused()
      settler.logger.warn(
        { batchId: batchIdOf(productId, lease.token), productId, floor: result.floor },
        'stale fencing token refused',
      )
      return { outcomes: nothing, settleMs, again: { reason: 'stale fencing token', fault: false } }
    case 'unknown':
      return { outcomes: nothing, settleMs, again: { reason: result.reason, fault: true } }
    case 'poisoned':
      settler.logger.error(
        {
          batchId: batchIdOf(productId, lease.token),
          productId,
          reason: result.reason,
          batchSize: batch.length,
        },
        'poisonous purchase in a batch',
      )
      return settleEach(settler, lease, productId, batch)
  }
}

/** One by one, so that the poisonous purchase harms nobody else; that one ends as `failed`. */
const settleEach = async (
  settler: BatchSettler,
  lease: Lease,
  productId: number,
  batch: readonly Purchase[],
): Promise<BatchResult> => {
  const outcomes = new Map<string, Settled>()
  let settleMs = 0
  for (const purchase of batch) {
    const single =
      batch.length > 1
        ? await settleBatch(settler, lease, productId, [purchase], 0)
        : await settleAsFailed(settler, lease, purchase)
    for (const [id, settled] of single.outcomes) outcomes.set(id, settled)
    settleMs = single.settleMs
    if (single.again) return { outcomes, settleMs, again: single.again }
  }
  return { outcomes, settleMs }
}

const settleAsFailed = async (
  settler: BatchSettler,
  lease: Lease,
  purchase: Purchase,
): Promise<BatchResult> => {
  const startedAtMs = performance.now()
  try {
    const settledAt = await recordFailed(settler.database, purchase)
    const settleMs = performance.now() - startedAtMs
    // An outcome that was there already: the next settlement returns it.
    if (!settledAt)
      return { outcomes: new Map(), settleMs, again: { reason: 'settled elsewhere', fault: true } }
    settler.logger.error(
      {
        batchId: batchIdOf(purchase.productId, lease.token),
        productId: purchase.productId,
        jobId: purchase.id,
      },
      'purchase can never be settled: failed',
    )
    return {
      outcomes: new Map([[purchase.id, { outcome: 'failed', settledAt, storedBefore: false }]]),
      settleMs,
    }
  } catch (error) {
    if (!(error instanceof DatabaseUnavailableError)) throw error
    return { outcomes: new Map(), settleMs: 0, again: { reason: error.message, fault: true } }
  }
}
