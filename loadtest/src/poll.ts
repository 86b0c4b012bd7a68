import { ClientFault } from '@flash-sale/shared/contract/client-fault.ts'
import type { Outcome, PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import type { Client } from './client.ts'

/** How an accepted purchase ended, as its buyer sees it. */
export type Ending =
  | { kind: 'settled'; outcome: Outcome; view: PurchaseView }
  /** The server forgot it, or it had no outcome when time was up. */
  | { kind: 'lost'; reason: string }

/**
 * Asks for a purchase at the pace the server gives until it has an outcome. Server faults and lost
 * connections are asked again with a growing pause; a 404 or any other refusal is a lost purchase.
 * Ends at `deadlineAtMs` (of `performance.now()`) at the latest.
 */
export async function pollToOutcome(
  client: Client,
  { jobId, pollAfterMs }: { jobId: string; pollAfterMs: number },
  deadlineAtMs: number,
): Promise<Ending> {
  const withinMs = Math.max(0, deadlineAtMs - performance.now())
  try {
    const ended = await client.shop.outcome(jobId, { pollAfterMs, withinMs })
    if (ended.kind === 'refused') return { kind: 'lost', reason: ended.problem.code }
    return { kind: 'settled', outcome: ended.purchase.status, view: ended.purchase }
  } catch (error) {
    if (!(error instanceof ClientFault)) throw error
    return {
      kind: 'lost',
      reason: error.status === undefined ? 'no outcome in time' : `HTTP ${error.status}`,
    }
  }
}
