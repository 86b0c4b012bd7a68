/** Finds purchases by what somebody has at hand: the job id, the id of an order, or who bought. */
import { customerIdSchema } from '@flash-sale/shared/contract/purchase.ts'
import type { FoundPurchaseEntry, PurchaseSearch } from '@flash-sale/shared/contract/purchase-search.ts'
import { withDeadline } from '@flash-sale/shared/deadline.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import { validate as isUuid } from 'uuid'
import { findPurchase, type PurchaseSources } from '../find-purchase.ts'
import { adminPurchaseOf, listPurchases } from '../list-purchases.ts'
import { orderIdOf, readOrder } from '../orders-route.ts'
import type { Refusal } from '../problem-answer.ts'
import type { FindQueued, QueuedOfCustomer } from './queued-of-customer.ts'

export interface SearchSources extends PurchaseSources {
  database: Database
  findQueued: FindQueued
  /** Of the dashboard. */
  boardPath: string
}

export type SearchResult = { kind: 'found'; search: PurchaseSearch } | { kind: 'refused'; refusal: Refusal }

type Entry = Omit<FoundPurchaseEntry, 'jobUrl'>

const customersMax = 50
const jobsDeadlineMs = 1_000

const unavailable: Readonly<Record<'queue-unavailable' | 'database-unavailable', Refusal>> = {
  'queue-unavailable': {
    code: 'queue-unavailable',
    detail: 'Redis did not answer, and Postgres has no such purchase yet: ask again',
  },
  'database-unavailable': {
    code: 'database-unavailable',
    detail: 'the database did not answer in time: try again',
  },
}

const byId = async (
  sources: SearchSources,
  jobId: string,
  foundBy: Entry['foundBy'],
): Promise<Entry[] | Refusal> => {
  const found = await findPurchase(sources, jobId)
  if (found.kind === 'unknown') return []
  if (found.kind !== 'found') return unavailable[found.kind]
  const { productId, quantity, status, orderId, acceptedAt, settledAt } = found.view
  return [
    {
      jobId,
      productId,
      customerId: found.customerId,
      quantity,
      status,
      ...(orderId === undefined ? {} : { orderId }),
      acceptedAt,
      ...(settledAt === undefined ? {} : { settledAt }),
      foundBy,
    },
  ]
}

const byOrder = async (sources: SearchSources, text: string): Promise<Entry[] | Refusal> => {
  const id = orderIdOf(text)
  const order = id === undefined ? undefined : await readOrder(sources.database, id)
  return order ? byId(sources, order.purchase_id, 'order') : []
}

const settledOfCustomer = async (
  { database }: SearchSources,
  customerId: string,
): Promise<{ entries: Entry[]; more: boolean }> => {
  const page = { after: undefined, limit: customersMax }
  const { purchases, nextCursor } = await listPurchases(database, { customerId }, page, adminPurchaseOf)
  return {
    entries: purchases.map(({ stockLeft: _, ...purchase }) => ({ ...purchase, foundBy: 'customer' })),
    more: nextCursor !== undefined,
  }
}

const queuedOfCustomer = async (
  sources: SearchSources,
  customerId: string,
  { jobIds }: QueuedOfCustomer,
): Promise<Entry[] | Refusal> => {
  const found: Entry[] = []
  for (const entries of await Promise.all(jobIds.map((jobId) => byId(sources, jobId, 'customer')))) {
    if (!Array.isArray(entries)) return entries
    found.push(...entries.filter((entry) => entry.customerId === customerId))
  }
  return found
}

interface OfCustomer {
  entries: Entry[]
  more: boolean
  queue?: PurchaseSearch['queue']
}

const lookOf = ({ lookedAt, length }: QueuedOfCustomer): PurchaseSearch['queue'] => ({
  lookedAt,
  ...(length === undefined ? {} : { length }),
  whole: length !== undefined && lookedAt >= length,
})

/** Who waits comes first. The queue is looked at before Postgres, so that what is settled meanwhile is not missed. */
const byCustomer = async (sources: SearchSources, text: string): Promise<OfCustomer | Refusal> => {
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

/** Which of these jobs the queue still has, by their queue's name; none while Redis does not answer. */
const keptJobs = async (
  { redis, queues }: SearchSources,
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const kept = new Map<string, string>()
  if (redis.status !== 'ready' || jobIds.length === 0) return kept
  const asked = jobIds.flatMap((jobId) => queues.map((queue) => ({ jobId, queue })))
  const pipeline = redis.pipeline()
  for (const { jobId, queue } of asked) pipeline.exists(queue.toKey(jobId))
  const results = await withDeadline('looking for jobs', jobsDeadlineMs, pipeline.exec()).catch(() => null)
  for (const [at, { jobId, queue }] of asked.entries()) {
    if (results?.[at]?.[1] === 1) kept.set(jobId, queue.name)
  }
  return kept
}

/**
 * @param text a job id, an order's id, a customer's id, or what is two of them at once.
 * @throws {DatabaseUnavailableError}
 */
export const searchPurchases = async (sources: SearchSources, text: string): Promise<SearchResult> => {
  const jobs = isUuid(text) ? await byId(sources, text.toLowerCase(), 'job') : []
  if (!Array.isArray(jobs)) return { kind: 'refused', refusal: jobs }
  const orders = await byOrder(sources, text)
  if (!Array.isArray(orders)) return { kind: 'refused', refusal: orders }
  // Nobody is called like the job of somebody: its queue need not be looked through.
  const ofCustomer = jobs.length > 0 ? { entries: [], more: false } : await byCustomer(sources, text)
  if ('code' in ofCustomer) return { kind: 'refused', refusal: ofCustomer }
  const { entries, ...rest } = ofCustomer
  const all = [...jobs, ...orders, ...entries]
  const firsts = all.filter(({ jobId }, at) => all.findIndex((other) => other.jobId === jobId) === at)
  const kept = await keptJobs(
    sources,
    firsts.map(({ jobId }) => jobId),
  )
  const purchases = firsts.map((entry) => {
    const queue = kept.get(entry.jobId)
    return queue === undefined
      ? entry
      : { ...entry, jobUrl: `${sources.boardPath}/queue/${queue}/${entry.jobId}` }
  })
  return { kind: 'found', search: { q: text, purchases, ...rest } }
}
