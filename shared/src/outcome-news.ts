/**
 * News about outcomes: one message a settled batch, so that whoever waits is answered without asking. They may get lost,
 * so each says how many its sender has sent, and whoever waits also looks by itself, rarely.
 *
 * A message is lines: first the batch as a JSON object, then each purchase as its id, followed by a JSON array of what it
 * came to, last `#`, the number of the message and who sent it. So a reader finds the few purchases that somebody waits for
 * by the first 36 characters of each line, without parsing the others.
 */
import { z } from 'zod'
import { type Outcome, outcomes, type PurchaseView } from './contract/purchase.ts'
import type { Redis } from './redis.ts'

const batchSchema = z.object({
  productId: z.int(),
  batchSize: z.int(),
  settleMs: z.number(),
  /** ISO 8601; of the purchases that do not say otherwise. */
  settledAt: z.string().max(40),
})

/** What the purchases of a batch have in common. */
export type BatchNews = z.infer<typeof batchSchema>

/** The last that a date in four-digit years can hold. */
const timeMsMax = 253_402_300_799_999

const entrySchema = z.tuple([
  z.enum(outcomes),
  z.int(),
  z.int().min(0).max(timeMsMax),
  z.number(),
  z.number(),
  z.union([z.int(), z.string().max(20)]).nullable(),
  z.string().max(40).nullable(),
])

/** What one purchase of a batch came to. */
export interface OutcomeEntry {
  jobId: string
  outcome: Outcome
  quantity: number
  /** Milliseconds since the epoch. */
  acceptedAtMs: number
  queueWaitMs: number
  lockWaitMs: number
  orderId?: number | string
  /** ISO 8601. */
  settledAt: string
}

const idLength = 36

/** Put together by hand, since it is done for every purchase: half the time of JSON.stringify. */
const lineOf = (entry: OutcomeEntry, batch: BatchNews): string => {
  const { jobId, outcome, quantity, acceptedAtMs, queueWaitMs, lockWaitMs, orderId = null } = entry
  const order = typeof orderId === 'string' ? `"${orderId}"` : orderId
  const settledAt = entry.settledAt === batch.settledAt ? 'null' : `"${entry.settledAt}"`
  return `\n${jobId}["${outcome}",${quantity},${acceptedAtMs},${queueWaitMs},${lockWaitMs},${order},${settledAt}]`
}

/** The message that tells what the purchases of a batch came to. */
export const outcomeMessage = (batch: BatchNews, entries: readonly OutcomeEntry[]): string => {
  let message = JSON.stringify(batch)
  for (const entry of entries) message += lineOf(entry, batch)
  return message
}

/** The message that a purchase has its outcome, which is to be looked up. */
export const settledMessage = (jobId: string): string => `\n${jobId}`

/**
 * Sends messages under one name, each with its number: one that could not be sent is missed when the next one comes.
 * Never throws: who waits looks by itself when news get lost.
 * @param sender of this process alone: one that starts again has another name.
 */
export const openOutcomeNews = (
  redis: Redis,
  channel: string,
  sender: string,
): ((message: string) => void) => {
  let sent = 0
  return (message) => {
    sent += 1
    redis.publish(channel, `${message}\n#${sent} ${sender}`).catch(() => undefined)
  }
}

/** Who sent a message, and how many it had sent with it; undefined for one that does not say. */
export const senderOf = (message: string): { sender: string; sent: number } | undefined => {
  const last = message.slice(message.lastIndexOf('\n') + 1)
  const [, sent, sender] = /^#(\d{1,15}) (.{1,300})$/.exec(last) ?? []
  return sent === undefined || sender === undefined ? undefined : { sender, sent: Number(sent) }
}

const parsed = <T extends z.ZodType>(schema: T, text: string): z.output<T> | undefined => {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** What the message says of the batch; undefined when it says nothing of one. */
const batchOf = (message: string): BatchNews | undefined => {
  const end = message.indexOf('\n')
  return parsed(batchSchema, end === -1 ? message : message.slice(0, end))
}

const viewOf = (jobId: string, batch: BatchNews | undefined, text: string): PurchaseView | undefined => {
  const entry = batch && parsed(entrySchema, text)
  if (!entry) return undefined
  const [status, quantity, acceptedAtMs, queueWaitMs, lockWaitMs, orderId, settledAt] = entry
  return {
    jobId,
    productId: batch.productId,
    quantity,
    status,
    ...(orderId === null ? {} : { orderId }),
    acceptedAt: new Date(acceptedAtMs).toISOString(),
    settledAt: settledAt ?? batch.settledAt,
    queueWaitMs,
    lockWaitMs,
    settleMs: batch.settleMs,
    batchSize: batch.batchSize,
  }
}

/**
 * Finds in a message the purchases that somebody waits for.
 * @param isWanted asked once for each purchase of the message.
 * @param onSettled called for those that are; without a view the outcome has to be looked up.
 */
export const readOutcomes = (
  message: string,
  isWanted: (jobId: string) => boolean,
  onSettled: (jobId: string, view: PurchaseView | undefined) => void,
): void => {
  let batch: BatchNews | undefined
  let at = message.indexOf('\n')
  while (at !== -1) {
    const next = message.indexOf('\n', at + 1)
    const jobId = message.slice(at + 1, at + 1 + idLength)
    if (isWanted(jobId)) {
      batch ??= batchOf(message)
      onSettled(jobId, viewOf(jobId, batch, message.slice(at + 1 + idLength, next === -1 ? undefined : next)))
    }
    at = next
  }
}
