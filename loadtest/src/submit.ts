import { setTimeout as wait } from 'node:timers/promises'
import type { PurchaseAccepted, PurchaseRequest } from '@flash-sale/shared/contract/purchase.ts'
import type { Answer, Client } from './client.ts'
import { isRecord, problemCodeOf, problemTextOf } from './problem.ts'

/** What became of one POST. */
export type Submission =
  | { kind: 'accepted'; jobId: string; statusPath: string; pollAfterMs: number | undefined }
  /** The server said no; nothing was enqueued. */
  | { kind: 'refused'; reason: string; detail: string }
  /** Nobody knows whether it was enqueued, and without an idempotency key nobody may ask again. */
  | { kind: 'unanswered'; reason: string; detail: string }

const attemptsMax = 5
const retryAfterMsMax = 5_000

const isAccepted = (body: unknown): body is PurchaseAccepted =>
  isRecord(body) && typeof body.jobId === 'string' && typeof body.statusUrl === 'string'

const mayRetry = (answer: Answer & { kind: 'answer' }): boolean => {
  if (answer.status === 429) return true
  if (answer.status !== 503 || answer.retryAfterMs === undefined) return false
  return problemCodeOf(answer.status, answer.body) !== 'outcome-unknown'
}

/** The path to poll; the origin stays ours, as the server may know itself by another name. */
const pathOf = (statusUrl: string, origin: string): string | undefined => {
  if (!URL.canParse(statusUrl, origin)) return undefined
  const url = new URL(statusUrl, origin)
  return url.pathname + url.search
}

function read(answer: Answer, origin: string): Submission {
  if (answer.kind === 'fault') return { kind: 'unanswered', reason: answer.reason, detail: answer.reason }
  const { status, body } = answer
  if (status !== 202) {
    const reason = problemCodeOf(status, body)
    const kind = reason === 'outcome-unknown' || status === 502 || status === 504 ? 'unanswered' : 'refused'
    return { kind, reason, detail: problemTextOf(status, body) }
  }
  const statusPath = isAccepted(body) ? pathOf(body.statusUrl, origin) : undefined
  if (!isAccepted(body) || statusPath === undefined)
    return { kind: 'unanswered', reason: 'unreadable 202', detail: 'a 202 without jobId and statusUrl' }
  return { kind: 'accepted', jobId: body.jobId, statusPath, pollAfterMs: body.pollAfterMs }
}

/**
 * Sends one purchase. A 429, and a 503 that says when to come back and that nothing was accepted, are
 * sent again, at most five times in all and not past `deadlineAtMs` (of `performance.now()`).
 */
export async function submitPurchase(
  client: Client,
  request: PurchaseRequest,
  deadlineAtMs: number,
): Promise<Submission> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await client.send({ method: 'POST', path: '/purchases', body: request })
    if (answer.kind === 'fault' || !mayRetry(answer) || attempt === attemptsMax)
      return read(answer, client.origin)
    const pauseMs = Math.min(answer.retryAfterMs ?? 1_000, retryAfterMsMax)
    if (performance.now() + pauseMs >= deadlineAtMs) return read(answer, client.origin)
    await wait(pauseMs)
  }
}
