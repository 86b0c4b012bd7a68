/** Settles purchases as a worker does, step by step, so that a test may look between the steps. */
import type { Outcome } from '@flash-sale/shared/contract/purchase.ts'
import { openOutcomeNews, outcomeMessage } from '@flash-sale/shared/outcome-news.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import type { ServedApi } from './served-api.ts'

export interface SettledByHand {
  outcome: Outcome
  orderId: number | undefined
}

/** Commits the outcome; nobody is told. */
export const settle = async (
  api: ServedApi,
  productId: number,
  jobId: string,
  customerId = 'c-1',
): Promise<SettledByHand> => {
  const [row] = await api.database.run(
    'settling',
    (sql) => sql<{ outcome: Outcome; order_id: string | null }[]>`
      SELECT outcome, order_id
        FROM settle_purchases(${productId}, 1, ${[jobId]}::uuid[], ${[customerId]}::text[], ${[1]}::int[],
                              ${['2026-01-31T12:00:00Z']}::timestamptz[])`,
  )
  if (!row) throw new Error('not settled')
  return { outcome: row.outcome, orderId: row.order_id === null ? undefined : Number(row.order_id) }
}

/** Tells everybody of an outcome that was committed. */
export const tell = (
  api: ServedApi,
  keyPrefix: string,
  productId: number,
  jobId: string,
  { outcome, orderId }: SettledByHand,
): void => {
  const settledAt = '2026-01-31T12:00:01.000Z'
  const batch = {
    productId,
    batchSize: 1,
    settleMs: 4,
    settledAt,
  }
  const entry = {
    ...{
      jobId,
      outcome,
      quantity: 1,
      acceptedAtMs: Date.UTC(2026, 0, 31, 12),
      queueWaitMs: 2,
      lockWaitMs: 3,
    },
    ...(orderId === undefined ? {} : { orderId }),
    settledAt,
  }
  openOutcomeNews(api.redis, redisKeys(keyPrefix).outcomeChannel, 'w')(outcomeMessage(batch, [entry]))
}
