import { ClientFault } from '@flash-sale/shared/contract/client-fault.ts'
import type { PurchaseRequest } from '@flash-sale/shared/contract/purchase.ts'
import type { Client } from './client.ts'
import { problemTextOf } from './problem.ts'

/** A purchase as its buyer sends it: with the same Idempotency-Key each time, so that it stays one purchase. */
export interface KeyedPurchase {
  key: string
  request: PurchaseRequest
  /** From 0 to 1: how much longer than it must this buyer waits before an attempt is followed by another. */
  jitter?: (attempt: number) => number
}

/** What became of a purchase that was sent, perhaps more than once. */
export type Submission =
  | {
      kind: 'accepted'
      jobId: string
      pollAfterMs: number
      retries: number
      /** The server had accepted it before: an earlier answer was lost. */
      replayed: boolean
    }
  /** The server said no; nothing was enqueued. */
  | { kind: 'refused'; reason: string; detail: string; retries: number }
  /** Nobody knows whether it was enqueued: at least one POST was not answered, and no later one was accepted. */
  | { kind: 'unanswered'; reason: string; detail: string; retries: number }

const reasonOf = ({ reason, status, problem, cause }: ClientFault): string => {
  if (problem) return problem.code
  if (reason === 'timeout') return 'no answer in time'
  if (status !== undefined) return status === 202 ? 'unreadable 202' : `HTTP ${status}`
  return cause instanceof Error ? cause.message : reason
}

/** Reasons are counted, so each stays the same text however often it comes. */
function readFault(fault: ClientFault): Submission {
  const { attempts, mayBeAccepted, problem, status } = fault
  const reason = reasonOf(fault)
  const detail = problem && status ? problemTextOf(status, problem) : reason
  const retries = Math.max(0, attempts - 1)
  return { kind: mayBeAccepted ? 'unanswered' : 'refused', reason, detail, retries }
}

/**
 * Sends one purchase. What was not answered, a 429 and a 503 are sent again with the same key: at most thirty times in
 * all and not past `deadlineAtMs` (of `performance.now()`).
 */
export async function submitPurchase(
  client: Client,
  { key, request, jitter }: KeyedPurchase,
  deadlineAtMs: number,
): Promise<Submission> {
  const withinMs = Math.max(0, deadlineAtMs - performance.now())
  try {
    const bought = await client.shop.buy(
      { ...request, idempotencyKey: key },
      { withinMs, ...(jitter ? { jitter } : {}) },
    )
    const retries = bought.attempts - 1
    if (bought.kind === 'accepted') {
      const { jobId, pollAfterMs, replayed } = bought
      return { kind: 'accepted', jobId, pollAfterMs, retries, replayed }
    }
    const { problem, mayBeAccepted } = bought
    const detail = problemTextOf(problem.status, problem)
    return { kind: mayBeAccepted ? 'unanswered' : 'refused', reason: problem.code, detail, retries }
  } catch (error) {
    if (error instanceof ClientFault) return readFault(error)
    throw error
  }
}
