import type { LockOverview } from '@flash-sale/shared/contract/locks.ts'
import type { ApiMetrics } from '../metrics/api-metrics.ts'

/** Purchases that this api did not accept, by problem code, the most first. */
export const refusedCounts = async ({
  registry,
}: Pick<ApiMetrics, 'registry'>): Promise<LockOverview['refused']> => {
  const counter = await registry.getSingleMetric('flash_sale_purchases_refused_total')?.get()
  return (counter?.values ?? [])
    .map(({ labels, value }) => ({ reason: String(labels.reason), purchases: value }))
    .toSorted((a, b) => b.purchases - a.purchases)
}
