/** The purchases of a customer, for the admins' search: those in the queue, and those that are settled. */
import { customerIdSchema } from '@flash-sale/shared/contract/purchase.ts'
import type { PurchaseSearch } from '@flash-sale/shared/contract/purchase-search.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import type { PurchaseSources } from '../find-purchase.ts'
import { adminPurchaseOf, listPurchases } from '../list-purchases.ts'
import type { Refusal } from '../problem-answer.ts'
import { entryById, type FoundEntry } from './found-entry.ts'
import type { FindQueued, QueuedOfCustomer } from './queued-of-customer.ts'

export interface CustomerSources extends PurchaseSources {
  database: Database
  findQueued: FindQueued
}

const customersMax = 50

const settledOfCustomer = async (
  { database }: CustomerSources,
  customerId: string,
): Promise<{ entries: FoundEntry[]; more: boolean }> => {
  const page = { after: undefined, limit: customersMax }
  const { purchases, nextCursor } = await listPurchases(database, { customerId }, page, adminPurchaseOf)
  return {
    entries: purchases.map(({ stockLeft: _, ...purchase }) => ({ ...purchase, foundBy: 'customer' })),
    more: nextCursor !== undefined,
  }
}

const queuedOfCustomer = async (
  sources: CustomerSources,
  customerId: string,
  { jobIds }: QueuedOfCustomer,
): Promise<FoundEntry[] | Refusal> => {
  const found: FoundEntry[] = []
  for (const entries of await Promise.all(jobIds.map((jobId) => entryById(sources, jobId, 'customer')))) {
    if (!Array.isArray(entries)) return entries
    found.push(...entries.filter((entry) => entry.customerId === customerId))
  }
  return found
}

interface OfCustomer {
  entries: FoundEntry[]
  more: boolean
  queue?: PurchaseSearch['queue']
}

const lookOf = ({ lookedAt, length }: QueuedOfCustomer): PurchaseSearch['queue'] => ({
  lookedAt,
  ...(length === undefined ? {} : { length }),
  whole: length !== undefined && lookedAt >= length,
})

/**
 * Who waits comes first. The queue is looked at before Postgres, so that what is settled meanwhile is not missed.
 * @throws {DatabaseUnavailableError}
 */
export const purchasesOfCustomer = async (
  sources: CustomerSources,
  text: string,
): Promise<OfCustomer | Refusal> => {
  const customerId = customerIdSchema.safeParse(text).data
  if (customerId === undefined) return { entries: [], more: false }
  const look = await sources.findQueued(customerId)
  const queued = await queuedOfCustomer(sources, customerId, look)
  if (!Array.isArray(queued)) return queued
  const settled = await settledOfCustomer(sources, customerId)
  return {
    entries: [...queued, ...settled.entries],
    more: look.more || settled.more,
    queue: lookOf(look),
  }
}
