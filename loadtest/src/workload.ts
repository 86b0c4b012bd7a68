import { randomUUID } from 'node:crypto'
import type {
  Outcome,
  PurchaseRequest,
  PurchaseView,
  Strategy,
} from '@flash-sale/shared/contract/purchase.ts'
import { createClient } from './client.ts'
import { follow } from './follow.ts'
import { reread } from './reread.ts'
import { seededFraction } from './seeded-fraction.ts'
import { submitPurchase } from './submit.ts'

export interface Workload {
  origin: string
  productId: number
  buyers: number
  quantity: number
  strategy: Strategy
  connections: number
  timeoutMs: number
  /** Sends a purchase again that was accepted and then forgotten, instead of counting it as lost. */
  retryLost: boolean
  /** Fixes the random part of the pauses before a purchase is sent again. */
  seed: number
  /** Makes the customers of this run different from those of every other run. */
  runId: string
}

/** How a buyer's purchase was sent. */
interface Sent {
  /** POSTs beyond the first; absent: none. */
  retries?: number
  /** It was accepted by a POST whose answer was lost, and accepted again. */
  replayed?: boolean
}

/** What one buyer saw. Times are in milliseconds since the instant all buyers were to start. */
export type BuyerResult = Sent & Seen

type Seen =
  | { kind: 'refused' | 'unanswered'; reason: string; detail: string; answeredMs?: number }
  | { kind: 'lost'; jobId: string; acceptMs: number; reason: string }
  | {
      kind: 'settled'
      jobId: string
      acceptMs: number
      outcomeMs: number
      outcome: Outcome
      view: PurchaseView
      /** What the outcome was when it was asked for again; absent when it was the same. */
      changedTo?: Outcome
    }

/** How far the run is; the workload counts up, the progress display reads. */
export interface Tally {
  readonly buyers: number
  accepted: number
  confirmed: number
  soldOut: number
  /** Accepted, and ended in any other way. */
  otherwise: number
  /** Refused, or never answered. */
  notAccepted: number
}

export const emptyTally = (buyers: number): Tally => ({
  buyers,
  accepted: 0,
  confirmed: 0,
  soldOut: 0,
  otherwise: 0,
  notAccepted: 0,
})

/** How often a buyer sends a purchase again that was forgotten. */
const resendsMax = 30

/**
 * Lets every buyer buy in the same instant and follows each purchase to its end. Connections are open
 * before the start. All times count from that one instant, so that a buyer who had to wait for a
 * connection is not measured as if he had come later. Ends after `timeoutMs` at the latest.
 */
export async function runWorkload(workload: Workload, tally: Tally): Promise<BuyerResult[]> {
  const client = createClient(workload.origin, workload.connections)
  await client.prime('/livez')

  const startedAtMs = performance.now()
  const deadlineAtMs = startedAtMs + workload.timeoutMs
  const deadline = setTimeout(() => void client.destroy('no answer in time'), workload.timeoutMs)
  const patience = { deadlineAtMs, resendsMax: workload.retryLost ? resendsMax : 0 }

  const buy = async (buyer: number): Promise<BuyerResult> => {
    const jitter = (attempt: number): number => seededFraction(workload.seed, buyer, attempt)
    const bought = { key: randomUUID(), request: requestOf(workload, buyer), jitter }
    const submission = await submitPurchase(client, bought, deadlineAtMs)
    if (submission.kind !== 'accepted') {
      tally.notAccepted += 1
      return { ...submission, answeredMs: performance.now() - startedAtMs }
    }
    tally.accepted += 1
    const acceptMs = performance.now() - startedAtMs
    const { ending, accepted, retries } = await follow(client, bought, submission, patience)
    const { jobId, replayed } = accepted
    count(ending.kind === 'settled' ? ending.outcome : 'lost', tally)
    const sent = { jobId, acceptMs, retries, replayed }
    if (ending.kind === 'lost') return { ...sent, kind: 'lost', reason: ending.reason }
    return { ...sent, ...ending, outcomeMs: performance.now() - startedAtMs }
  }

  try {
    const results = await Promise.all(Array.from({ length: workload.buyers }, (_, index) => buy(index + 1)))
    return await reread(client, results)
  } finally {
    clearTimeout(deadline)
    await client.destroy('the run is over')
  }
}

function requestOf({ productId, quantity, strategy, runId }: Workload, buyer: number): PurchaseRequest {
  const request = { productId, customerId: `loadtest-${runId}-${buyer}`, quantity }
  // Only the naive strategy needs saying; some engines refuse the field altogether.
  return strategy === 'naive' ? { ...request, strategy } : request
}

function count(ending: Outcome | 'lost', tally: Tally): void {
  if (ending === 'confirmed') tally.confirmed += 1
  else if (ending === 'sold_out') tally.soldOut += 1
  else tally.otherwise += 1
}
