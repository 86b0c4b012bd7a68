/** Finds purchases by what somebody has at hand: the job id, the id of an order, or who bought. */
import type { PurchaseSearch } from '@flash-sale/shared/contract/purchase-search.ts'
import { withDeadline } from '@flash-sale/shared/deadline.ts'
import { validate as isUuid } from 'uuid'
import { orderIdOf, readOrder } from '../orders-route.ts'
import type { Refusal } from '../problem-answer.ts'
import { entryById, type FoundEntry } from './found-entry.ts'
import { type CustomerSources, purchasesOfCustomer } from './purchases-of-customer.ts'

export interface SearchSources extends CustomerSources {
  /** Of the dashboard. */
  boardPath: string
}

export type SearchResult = { kind: 'found'; search: PurchaseSearch } | { kind: 'refused'; refusal: Refusal }

const jobsDeadlineMs = 1_000

const byOrder = async (sources: SearchSources, text: string): Promise<FoundEntry[] | Refusal> => {
  const id = orderIdOf(text)
  const order = id === undefined ? undefined : await readOrder(sources.database, id)
  return order ? entryById(sources, order.purchase_id, 'order') : []
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
  const jobs = isUuid(text) ? await entryById(sources, text.toLowerCase(), 'job') : []
  if (!Array.isArray(jobs)) return { kind: 'refused', refusal: jobs }
  const orders = await byOrder(sources, text)
  if (!Array.isArray(orders)) return { kind: 'refused', refusal: orders }
  // Nobody is called like the job of somebody: its queue need not be looked through.
  const ofCustomer = jobs.length > 0 ? { entries: [], more: false } : await purchasesOfCustomer(sources, text)
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
