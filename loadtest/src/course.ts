import type { Outcome } from '@flash-sale/shared/contract/purchase.ts'
import { type Bins, binsUpTo, countIn, type Histogram, histogramOf } from './bins.ts'
import { meanOpen, mostOpen, type Span } from './spans.ts'
import type { BuyerResult } from './workload.ts'

type Settled = Extract<BuyerResult, { kind: 'settled' }>

/** How purchases ended, as far as that has a time. */
export type Ending = Outcome | 'refused'

/**
 * How a run went over time, in equal parts of `binMs` from the buyers' common start. It is small, however many buyers
 * there were.
 */
export interface Course {
  binMs: number
  /** How many purchases were settled, or refused at the door, in each part. */
  endings: Record<Ending, number[]>
  /** Units left at the end of each part; below zero: sold though there were none. */
  stockLeft: number[]
  /** How many purchases were in the queue, on average in each part. */
  queued: number[]
  /** The same of those that a worker had taken and that waited for the lock. */
  waitingForLock: number[]
  /** The most at one moment. */
  queuedMax: number
  waitingForLockMax: number
  /** Of how many purchases the engine has said how long they waited. */
  waitsKnown: number
  /** Null when nothing was accepted, or settled. */
  acceptMs: Histogram | null
  outcomeMs: Histogram | null
}

const binsMax = 120
const histogramBinsMax = 50

const isSettled = (result: BuyerResult): result is Settled => result.kind === 'settled'

/**
 * The moment of the common start on the server's clock, whatever that clock says: no purchase was accepted later than
 * its buyer heard of it, and the one that heard of it soonest leaves the least room.
 */
function serverStartMsOf(settled: readonly Settled[]): number {
  const startMs = settled
    .map(({ view, acceptMs }) => Date.parse(view.acceptedAt) - acceptMs)
    .filter(Number.isFinite)
    .reduce((latest, atMs) => Math.max(latest, atMs), -Infinity)
  return Number.isFinite(startMs) ? startMs : 0
}

interface Timed {
  outcome: Outcome
  settledMs: number
  queued: Span | undefined
  waiting: Span | undefined
}

function timedOf({ view, outcome, outcomeMs }: Settled, serverStartMs: number): Timed {
  const since = (time: string | undefined): number => Math.max(0, Date.parse(time ?? '') - serverStartMs)
  const [acceptedMs, settledMs] = [since(view.acceptedAt), since(view.settledAt)]
  const { queueWaitMs, lockWaitMs } = view
  const timed = { outcome, settledMs: Number.isFinite(settledMs) ? settledMs : outcomeMs }
  if (queueWaitMs === undefined || lockWaitMs === undefined || !Number.isFinite(acceptedMs))
    return { ...timed, queued: undefined, waiting: undefined }
  const takenMs = acceptedMs + queueWaitMs
  return {
    ...timed,
    queued: { from: acceptedMs, to: takenMs },
    waiting: { from: takenMs, to: takenMs + lockWaitMs },
  }
}

function stockLeftOf(confirmed: readonly number[], quantity: number, stock: number): number[] {
  let left = stock
  return confirmed.map((count) => {
    left -= count * quantity
    return left
  })
}

const countEndings = (
  timed: readonly Timed[],
  refusedMs: readonly number[],
  bins: Bins,
): Course['endings'] => {
  const settled = (outcome: Outcome): number[] =>
    countIn(
      timed.filter((purchase) => purchase.outcome === outcome).map(({ settledMs }) => settledMs),
      bins,
    )
  return {
    confirmed: settled('confirmed'),
    sold_out: settled('sold_out'),
    limit_reached: settled('limit_reached'),
    not_on_sale: settled('not_on_sale'),
    failed: settled('failed'),
    refused: countIn(refusedMs, bins),
  }
}

/** Puts what the buyers saw on one time line. `quantity`: units of each purchase; `stock`: units that were for sale. */
export function courseOf(
  results: readonly BuyerResult[],
  { quantity, stock }: { quantity: number; stock: number },
): Course {
  const settled = results.filter(isSettled)
  const serverStartMs = serverStartMsOf(settled)
  const timed = settled.map((result) => timedOf(result, serverStartMs))
  const queued = timed.flatMap((purchase) => purchase.queued ?? [])
  const waiting = timed.flatMap((purchase) => purchase.waiting ?? [])
  const refusedMs = results.flatMap((result) => (result.kind === 'refused' ? [result.answeredMs ?? 0] : []))

  const lastMs = [
    ...timed.map(({ settledMs }) => settledMs),
    ...waiting.map(({ to }) => to),
    ...refusedMs,
  ].reduce((last, atMs) => Math.max(last, atMs), 0)
  const bins = binsUpTo(lastMs, binsMax)
  const endings = countEndings(timed, refusedMs, bins)

  return {
    binMs: bins.width,
    endings,
    stockLeft: stockLeftOf(endings.confirmed, quantity, stock),
    queued: meanOpen(queued, bins),
    waitingForLock: meanOpen(waiting, bins),
    queuedMax: mostOpen(queued),
    waitingForLockMax: mostOpen(waiting),
    waitsKnown: queued.length,
    acceptMs: histogramOf(
      results.flatMap((result) => ('acceptMs' in result ? [result.acceptMs] : [])),
      histogramBinsMax,
    ),
    outcomeMs: histogramOf(
      settled.map(({ outcomeMs }) => outcomeMs),
      histogramBinsMax,
    ),
  }
}
