/** How good the time to go was that buyers were shown while they waited. */
import { medianOf } from './results.ts'

/** What a buyer was shown; all times are epoch ms. */
export interface EtaLook {
  atMs: number
  aheadEstimate: number
  /** Undefined: the api did not know the queue's speed. */
  etaMs: number | undefined
}

export interface WatchedPurchase {
  settledAtMs: number
  /** In the order in which they were made, up to its outcome. */
  looks: readonly EtaLook[]
}

export interface EtaVerdict {
  /** Looks that were judged, with a time to go or without. */
  looks: number
  /** Per cent of them whose time to go was within ±25 % of what it came to. */
  withinPercent: number
  /** Per cent by which the time to go was too long, if below 0 too short; the median. NaN: none was shown. */
  errorPercent: number
  /** Per cent of the looks at which place or time to go was larger than at the look before. */
  grewPercent: number
}

const toleranceMax = 0.25
/** So short before the outcome nobody reads a time to go, and the answer's own way is a good part of it. */
const leftMsMin = 500

const percent = (part: number, of: number): number => (part * 100) / of

const grew = (before: EtaLook, look: EtaLook): boolean =>
  look.aheadEstimate > before.aheadEstimate ||
  (look.etaMs !== undefined && before.etaMs !== undefined && look.etaMs > before.etaMs)

/**
 * @param fromMs looks before it are not judged: the queue was not steady yet.
 * @throws when there is nothing to judge.
 */
export const judgeLooks = (purchases: readonly WatchedPurchase[], fromMs: number): EtaVerdict => {
  const steady = purchases.map(({ settledAtMs, looks }) => ({
    settledAtMs,
    looks: looks.filter(({ atMs }) => atMs >= fromMs),
  }))
  const pairs = steady.flatMap(({ looks }) =>
    looks.slice(1).map((look, index) => grew(looks[index] ?? look, look)),
  )
  const judged = steady.flatMap(({ settledAtMs, looks }) =>
    looks
      .map(({ atMs, etaMs }) => ({ etaMs, leftMs: settledAtMs - atMs }))
      .filter(({ leftMs }) => leftMs >= leftMsMin),
  )
  if (judged.length === 0 || pairs.length === 0)
    throw new Error('the queue drained before its buyers could look twice')
  const errors = judged.flatMap(({ etaMs, leftMs }) =>
    etaMs === undefined ? [] : [(etaMs - leftMs) / leftMs],
  )
  const within = errors.filter((error) => Math.abs(error) <= toleranceMax).length
  return {
    looks: judged.length,
    withinPercent: percent(within, judged.length),
    errorPercent: errors.length === 0 ? Number.NaN : percent(medianOf(errors), 1),
    grewPercent: percent(pairs.filter(Boolean).length, pairs.length),
  }
}
