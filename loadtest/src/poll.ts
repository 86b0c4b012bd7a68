import { setTimeout as wait } from 'node:timers/promises'
import type {
  Outcome,
  PendingStatus,
  PurchaseStatus,
  PurchaseView,
} from '@flash-sale/shared/contract/purchase.ts'
import type { Answer, Client } from './client.ts'
import { isRecord, problemCodeOf } from './problem.ts'

/** How an accepted purchase ended, as its buyer sees it. */
export type Ending =
  | { kind: 'settled'; outcome: Outcome; view: PurchaseView }
  /** The server forgot it, or it had no outcome when time was up. */
  | { kind: 'lost'; reason: string }

// Only types come from the contract; a status that is added there fails to compile here.
const statusKinds = {
  queued: 'pending',
  waiting_for_lock: 'pending',
  settling: 'pending',
  confirmed: 'outcome',
  sold_out: 'outcome',
  limit_reached: 'outcome',
  not_on_sale: 'outcome',
  failed: 'outcome',
} as const satisfies Record<PendingStatus, 'pending'> & Record<Outcome, 'outcome'>

const pollAfterMsDefault = 250
const pollAfterMsMin = 5
const pauseMsMax = 5_000
const backoffMsFirst = 100

const isStatus = (value: unknown): value is PurchaseStatus =>
  typeof value === 'string' && Object.hasOwn(statusKinds, value)
const isOutcome = (status: PurchaseStatus): status is Outcome => statusKinds[status] === 'outcome'
const isView = (body: unknown): body is PurchaseView =>
  isRecord(body) && isStatus(body.status) && typeof body.acceptedAt === 'string'

const clampPauseMs = (pauseMs: unknown): number =>
  typeof pauseMs === 'number' && pauseMs >= 0
    ? Math.min(Math.max(pauseMs, pollAfterMsMin), pauseMsMax)
    : pollAfterMsDefault

type Step = Ending | { kind: 'pending'; pauseMs: number } | { kind: 'trouble'; pauseMs?: number }

/** What an answer says about a purchase: its outcome, that it is lost, or that it has to be asked for again. */
export function readAnswer(answer: Answer): Step {
  if (answer.kind === 'fault') return { kind: 'trouble' }
  const { status, body, retryAfterMs } = answer
  if (status === 429 || status >= 500)
    return retryAfterMs === undefined
      ? { kind: 'trouble' }
      : { kind: 'trouble', pauseMs: clampPauseMs(retryAfterMs) }
  if (status !== 200) return { kind: 'lost', reason: problemCodeOf(status, body) }
  if (!isView(body)) return { kind: 'trouble' }
  if (isOutcome(body.status)) return { kind: 'settled', outcome: body.status, view: body }
  return { kind: 'pending', pauseMs: clampPauseMs(body.pollAfterMs) }
}

/**
 * Asks for a purchase at the pace the server gives until it has an outcome. Server faults and lost
 * connections are asked again with a growing pause; a 404 or any other refusal is a lost purchase.
 * Ends at `deadlineAtMs` (of `performance.now()`) at the latest, give or take a call under way.
 */
export async function pollToOutcome(
  client: Client,
  accepted: { statusPath: string; pollAfterMs: number | undefined },
  deadlineAtMs: number,
): Promise<Ending> {
  let pauseMs = clampPauseMs(accepted.pollAfterMs)
  let troubles = 0
  for (;;) {
    const leftMs = deadlineAtMs - performance.now()
    if (leftMs <= 0) return { kind: 'lost', reason: 'no outcome in time' }
    await wait(Math.min(pauseMs, leftMs))
    const step = readAnswer(await client.send({ method: 'GET', path: accepted.statusPath }))
    if (step.kind === 'settled' || step.kind === 'lost') return step
    troubles = step.kind === 'trouble' ? troubles + 1 : 0
    pauseMs = step.pauseMs ?? Math.min(backoffMsFirst * 2 ** Math.min(troubles - 1, 10), pauseMsMax)
  }
}
