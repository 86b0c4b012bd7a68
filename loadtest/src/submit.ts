import { setTimeout as wait } from 'node:timers/promises'
import type { PurchaseAccepted, PurchaseRequest } from '@flash-sale/shared/contract/purchase.ts'
import type { Answer, Client } from './client.ts'
import { isRecord, problemCodeOf, problemTextOf } from './problem.ts'

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
      statusPath: string
      pollAfterMs: number | undefined
      retries: number
      /** The server had accepted it before: an earlier answer was lost. */
      replayed: boolean
    }
  /** The server said no; nothing was enqueued. */
  | { kind: 'refused'; reason: string; detail: string; retries: number }
  /** Nobody knows whether it was enqueued: at least one POST was not answered, and no later one was accepted. */
  | { kind: 'unanswered'; reason: string; detail: string; retries: number }

const attemptsMax = 30
const retryAfterMsMax = 5_000
const backoffMsFirst = 100

const isAccepted = (body: unknown): body is PurchaseAccepted =>
  isRecord(body) && typeof body.jobId === 'string' && typeof body.statusUrl === 'string'

const isUnanswered = (answer: Answer): boolean => {
  if (answer.kind === 'fault' || answer.status === 502 || answer.status === 504) return true
  return problemCodeOf(answer.status, answer.body) === 'outcome-unknown'
}

const mayRetry = (answer: Answer): boolean =>
  isUnanswered(answer) || (answer.kind === 'answer' && (answer.status === 429 || answer.status === 503))

/** Never sooner than the server asks for, and up to half as long again, so that a crowd does not come back as one. */
const pauseMsAfter = (answer: Answer, attempt: number, jitter: number): number => {
  const asked = answer.kind === 'answer' ? answer.retryAfterMs : undefined
  const pauseMs = asked ?? backoffMsFirst * 2 ** Math.min(attempt - 1, 10)
  return Math.min(pauseMs, retryAfterMsMax) * (1 + jitter / 2)
}

/** The path to poll; the origin stays ours, as the server may know itself by another name. */
const pathOf = (statusUrl: string, origin: string): string | undefined => {
  if (!URL.canParse(statusUrl, origin)) return undefined
  const url = new URL(statusUrl, origin)
  return url.pathname + url.search
}

/** @param uncertain whether an earlier attempt may have been accepted. */
function read(answer: Answer, origin: string, retries: number, uncertain: boolean): Submission {
  if (answer.kind === 'fault')
    return { kind: 'unanswered', reason: answer.reason, detail: answer.reason, retries }
  const { status, body, replayed } = answer
  if (status !== 202) {
    const reason = problemCodeOf(status, body)
    const kind = uncertain || isUnanswered(answer) ? 'unanswered' : 'refused'
    return { kind, reason, detail: problemTextOf(status, body), retries }
  }
  const statusPath = isAccepted(body) ? pathOf(body.statusUrl, origin) : undefined
  if (!isAccepted(body) || statusPath === undefined) {
    const detail = 'a 202 without jobId and statusUrl'
    return { kind: 'unanswered', reason: 'unreadable 202', detail, retries }
  }
  return { kind: 'accepted', jobId: body.jobId, statusPath, pollAfterMs: body.pollAfterMs, retries, replayed }
}

/**
 * Sends one purchase. What was not answered, a 429 and a 503 are sent again with the same key: at most thirty times in
 * all and not past `deadlineAtMs` (of `performance.now()`).
 */
export async function submitPurchase(
  client: Client,
  { key, request, jitter = Math.random }: KeyedPurchase,
  deadlineAtMs: number,
): Promise<Submission> {
  const call = { path: '/purchases', body: request, headers: { 'idempotency-key': key } }
  let uncertain = false
  for (let attempt = 1; ; attempt += 1) {
    const answer = await client.send({ method: 'POST', ...call })
    const pauseMs = pauseMsAfter(answer, attempt, jitter(attempt))
    const isLast = attempt === attemptsMax || performance.now() + pauseMs >= deadlineAtMs
    if (isLast || !mayRetry(answer)) return read(answer, client.origin, attempt - 1, uncertain)
    uncertain ||= isUnanswered(answer)
    await wait(pauseMs)
  }
}
