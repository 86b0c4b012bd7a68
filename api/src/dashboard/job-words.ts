/**
 * How a job of a purchase reads in the dashboard. Whoever writes to Redis may have put anything into a job, and a list must
 * not break over one of its entries: all of these take any JSON, and give that back which they cannot read.
 */
import { isOutcome } from '../purchase-view.ts'

/** The name of a product as far as it is known without asking anybody; undefined: it is not. */
export type ProductName = (productId: number) => string | undefined

type Fields = Readonly<Record<string, unknown>>

const textMax = 60

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}

/** A word or a number of a job, not longer than a line can hold; `?` for everything else. */
const word = (value: unknown): string => {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string' || value === '') return '?'
  return value.length > textMax ? `${value.slice(0, textMax)}…` : value
}

const count = (value: unknown, what: string): string =>
  `${word(value)} ${what}${value === 1 ? '' : what === 'batch' ? 'es' : 's'}`

const outcomeWords = (outcome: string): string => outcome.replaceAll('_', ' ')

const productOf = (productId: unknown, nameOf: ProductName): string | undefined =>
  typeof productId === 'number' ? nameOf(productId) : undefined

/** As in `confirmed, order 17`; empty without an outcome. */
const resultWords = (result: unknown): string => {
  const { outcome, orderId } = fieldsOf(result)
  if (typeof outcome !== 'string' || !isOutcome(outcome)) return ''
  return orderId === undefined ? outcomeWords(outcome) : `${outcomeWords(outcome)}, order ${word(orderId)}`
}

/** As in `waiting for the lock, 3 batches ahead, 240 ms`; empty for progress of another kind. */
const waitWords = (progress: unknown): string => {
  const { status, batchesAhead, waitedMs } = fieldsOf(progress)
  if (status === 'settling') return 'settling'
  if (status !== 'waiting_for_lock') return ''
  return `waiting for the lock, ${count(batchesAhead, 'batch')} ahead, ${word(waitedMs)} ms`
}

/**
 * The name of a job in the lists, from the job as BullMQ gives it: who buys what, and what has become of it; as in
 * `2 × iPhone 15 for c-17 · confirmed, order 17`.
 */
export const jobName = (job: unknown, nameOf: ProductName): string => {
  const { data, progress, returnvalue, finishedOn } = fieldsOf(job)
  const { productId, customerId, quantity, strategy } = fieldsOf(data)
  const product = productOf(productId, nameOf) ?? `product ${word(productId)}`
  const what = `${word(quantity)} × ${word(product)} for ${word(customerId)}`
  const naively = strategy === 'naive' ? ' (naive)' : ''
  const state = typeof finishedOn === 'number' ? resultWords(returnvalue) : waitWords(progress)
  return what + naively + (state === '' ? '' : ` · ${state}`)
}

/** The data of a job with the product's name. */
export const jobData = (data: unknown, nameOf: ProductName): unknown => {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data
  const product = productOf((data as Fields).productId, nameOf)
  return product === undefined ? data : { product, ...data }
}

/**
 * The progress of a job in words. It stands as it was written, also when the job has gone on since: hence the time of day
 * (UTC) at which it was true.
 */
export const jobProgress = (progress: unknown): unknown => {
  const words = waitWords(progress)
  if (words === '') return progress
  const { since, waitedMs, purchasesAhead } = fieldsOf(progress)
  const ahead = purchasesAhead === undefined ? '' : ` (${count(purchasesAhead, 'purchase')} ahead)`
  const atMs =
    (typeof since === 'string' ? Date.parse(since) : Number.NaN) +
    (typeof waitedMs === 'number' ? waitedMs : 0)
  const at =
    Number.isFinite(atMs) && Math.abs(atMs) < 8e15 ? `, at ${new Date(atMs).toISOString().slice(11, 23)}` : ''
  return `${words}${ahead}${at}`
}

/** What a purchase came to, in the order in which one reads it; what a job of another kind returned stays as it is. */
export const jobResult = (result: unknown): unknown => {
  const words = resultWords(result)
  if (words === '') return result
  const { queueWaitMs, lockWaitMs, settleMs, batchSize, fencingToken, settledAt } = fieldsOf(result)
  return { outcome: words, queueWaitMs, lockWaitMs, settleMs, batchSize, fencingToken, settledAt }
}

/** The id of a job as part of an address. */
const idInAddress = (id: unknown): string => word(id).replaceAll(/[^\w-]/g, '')

/** Where more is to be learned of a job: its order, else its purchase. */
export const jobLink = (job: unknown): { href: string; displayText: string } => {
  const { id, returnvalue } = fieldsOf(job)
  const orderId = word(fieldsOf(returnvalue).orderId)
  if (/^[1-9]\d{0,18}$/.test(orderId)) return { href: `/orders/${orderId}`, displayText: `order ${orderId}` }
  return { href: `/purchases/${idInAddress(id)}`, displayText: 'purchase' }
}

/** The same below `/admin`, for browsers whose cookie goes no further: the search finds both. */
export const jobSearchLink = (job: unknown): { href: string; displayText: string } => ({
  href: `/admin/purchases/search?q=${idInAddress(fieldsOf(job).id)}`,
  displayText: 'purchase',
})
