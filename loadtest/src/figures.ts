import type { Outcome } from '@flash-sale/shared/contract/purchase.ts'
import { type Distribution, distributionOf } from './latency.ts'
import type { BuyerResult } from './workload.ts'

type Settled = Extract<BuyerResult, { kind: 'settled' }>

/** Everything that was measured on the buyers' side of one run. */
export interface Figures {
  buyers: number
  accepted: number
  outcomes: Record<Outcome, number>
  refused: number
  unanswered: number
  lost: number
  /** POSTs that were sent again, with the same Idempotency-Key. */
  retried: number
  /** Buyers who were told that their purchase had been accepted before: its first answer was lost. */
  replayed: number
  /** Why purchases were refused, not answered or lost; the commonest first. */
  reasons: { reason: string; detail: string; count: number }[]
  /** Job ids or order ids that two buyers were given. */
  sharedIds: number
  /** Purchases that had one outcome, and another when they were asked for again. */
  changedOutcomes: number
  /** Outcomes per second from the common start to the last outcome seen; null without outcomes. */
  perSecond: number | null
  /** The same by the server's clock, from the first acceptance to the last settlement. */
  perSecondByServer: number | null
  latency: {
    acceptMs: Distribution | null
    outcomeMs: Distribution | null
    acceptedToSettledMs: Distribution | null
    queueWaitMs: Distribution | null
    lockWaitMs: Distribution | null
    settleMs: Distribution | null
    /** Purchases per batch, as each purchase saw its own. */
    batchSize: Distribution | null
  }
  /** Confirmed purchases accepted after one that was refused as sold out; null when quantity is not 1. */
  fifoInversions: number | null
}

const isSettled = (result: BuyerResult): result is Settled => result.kind === 'settled'
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

const settleTimes = (settled: readonly Settled[]): { acceptedAtMs: number; settledAtMs: number }[] =>
  settled
    .map(({ view }) => ({
      acceptedAtMs: Date.parse(view.acceptedAt),
      settledAtMs: Date.parse(view.settledAt ?? ''),
    }))
    .filter(({ acceptedAtMs, settledAtMs }) => isNumber(acceptedAtMs) && isNumber(settledAtMs))

/** Sums up what the buyers of one run saw. `quantity` is the number of units of each purchase. */
export function figuresOf(results: readonly BuyerResult[], quantity: number): Figures {
  const settled = results.filter(isSettled)
  const outcomes = {
    confirmed: 0,
    sold_out: 0,
    limit_reached: 0,
    not_on_sale: 0,
    failed: 0,
  } satisfies Record<Outcome, number>
  for (const { outcome } of settled) outcomes[outcome] += 1

  const times = settleTimes(settled)
  const firstAcceptedAtMs = times.reduce((least, time) => Math.min(least, time.acceptedAtMs), Infinity)
  const lastSettledAtMs = times.reduce((most, time) => Math.max(most, time.settledAtMs), -Infinity)
  const lastOutcomeMs = settled.reduce((most, result) => Math.max(most, result.outcomeMs), 0)
  const acceptMs = results.flatMap((result) => ('acceptMs' in result ? [result.acceptMs] : []))
  const seen = (name: 'queueWaitMs' | 'lockWaitMs' | 'settleMs' | 'batchSize'): Distribution | null =>
    distributionOf(settled.map(({ view }) => view[name]).filter(isNumber))

  return {
    buyers: results.length,
    accepted: acceptMs.length,
    outcomes,
    refused: results.filter(({ kind }) => kind === 'refused').length,
    unanswered: results.filter(({ kind }) => kind === 'unanswered').length,
    lost: results.filter(({ kind }) => kind === 'lost').length,
    retried: results.reduce((sum, { retries = 0 }) => sum + retries, 0),
    replayed: results.filter(({ replayed }) => replayed === true).length,
    reasons: reasonsOf(results),
    sharedIds: sharedIdsOf(results),
    changedOutcomes: settled.filter(({ changedTo }) => changedTo !== undefined).length,
    perSecond: rateOf(settled.length, lastOutcomeMs),
    perSecondByServer: rateOf(times.length, lastSettledAtMs - firstAcceptedAtMs),
    latency: {
      acceptMs: distributionOf(acceptMs),
      outcomeMs: distributionOf(settled.map(({ outcomeMs }) => outcomeMs)),
      acceptedToSettledMs: distributionOf(times.map((time) => time.settledAtMs - time.acceptedAtMs)),
      queueWaitMs: seen('queueWaitMs'),
      lockWaitMs: seen('lockWaitMs'),
      settleMs: seen('settleMs'),
      batchSize: seen('batchSize'),
    },
    fifoInversions: quantity === 1 ? fifoInversionsOf(settled) : null,
  }
}

const rateOf = (count: number, durationMs: number): number | null =>
  count === 0 || !(durationMs > 0) ? null : (count * 1000) / durationMs

function reasonsOf(results: readonly BuyerResult[]): Figures['reasons'] {
  const byReason = new Map<string, Figures['reasons'][number]>()
  for (const result of results) {
    if (result.kind === 'settled') continue
    const reason = `${result.kind}: ${result.reason}`
    const known = byReason.get(reason)
    if (known) known.count += 1
    else
      byReason.set(reason, { reason, detail: 'detail' in result ? result.detail : result.reason, count: 1 })
  }
  return [...byReason.values()].sort((a, b) => b.count - a.count)
}

function sharedIdsOf(results: readonly BuyerResult[]): number {
  const jobIds = results.flatMap((result) => ('jobId' in result ? [result.jobId] : []))
  const orderIds = results
    .filter(isSettled)
    .flatMap(({ view }) => (view.orderId === undefined ? [] : [String(view.orderId)]))
  return jobIds.length - new Set(jobIds).size + orderIds.length - new Set(orderIds).size
}

/**
 * At quantity 1 the first buyers get the stock: nobody who is confirmed came after somebody who is sold
 * out. Of two that were accepted in the same millisecond nobody outside can tell which was first.
 */
function fifoInversionsOf(settled: readonly Settled[]): number {
  const acceptedAtMs = ({ view }: Settled): number => Date.parse(view.acceptedAt)
  const firstSoldOutMs = settled
    .filter(({ outcome }) => outcome === 'sold_out')
    .reduce((first, result) => Math.min(first, acceptedAtMs(result)), Infinity)
  return settled.filter((result) => result.outcome === 'confirmed' && acceptedAtMs(result) > firstSoldOutMs)
    .length
}
