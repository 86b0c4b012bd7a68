/** The speed at which the queue drains, and how far it has come: from looks a quarter of a second apart. */

export interface Look {
  /** Purchases accepted and not settled. */
  depth: number
  /** Purchases settled since the queue was made. */
  settled: number
  /** On a monotonic clock. */
  atMs: number
}

export interface Drain {
  /** @param toldPerS the speed that another process has measured: shown instead of one's own. */
  look(seen: Look, toldPerS?: number): void
  /** Purchases a second while there is work, steady while the load is; 0 while unknown. */
  perS(): number
  /** How many are settled at a time, between two looks as well. Never falls, unless the queue begins anew. */
  settledAt(nowMs: number): number
}

/** Looks with work that the speed is taken from: about four seconds, which even out batches. */
const spansMax = 16
/** When the last of them differ from all by more than this, the load is another one: what was before counts no more. */
const recentSpans = 4
const breakMin = 0.4
/**
 * A new speed replaces the one that is shown only when it differs by more than this: batches make it waver by some per cent, and
 * a buyer's time to go would grow and shrink with it.
 */
const changeMin = 0.15
/** No further than this beyond the last look: a queue that stands still is not counted on. */
const aheadOfLookMsMax = 300

interface Span {
  settled: number
  ms: number
}

const speedOf = (spans: readonly Span[]): number => {
  const settled = spans.reduce((sum, span) => sum + span.settled, 0)
  const ms = spans.reduce((sum, span) => sum + span.ms, 0)
  return ms === 0 ? 0 : (settled * 1_000) / ms
}

const differs = (perS: number, from: number, byMin: number): boolean => Math.abs(perS - from) > byMin * from

export const createDrain = (): Drain => {
  const spans: Span[] = []
  let last: Look | undefined
  let shownPerS = 0
  let settled = 0

  const measure = (before: Look, seen: Look): void => {
    const span = { settled: seen.settled - before.settled, ms: seen.atMs - before.atMs }
    // A queue that ran dry shows how fast purchases come, not how fast they could be settled.
    if (before.depth === 0 || before.depth < span.settled || span.ms <= 0) return
    // One that moves again: how long it stood still says nothing of its speed.
    if (span.settled > 0 && speedOf(spans) === 0) spans.length = 0
    spans.push(span)
    // It may have begun at the end of this span.
    if (spans.length === 1) return
    if (spans.length > spansMax) spans.shift()
    const recent = spans.slice(-recentSpans)
    if (differs(speedOf(recent), speedOf(spans), breakMin)) spans.splice(0, spans.length - recent.length)
    const perS = speedOf(spans)
    if (differs(perS, shownPerS, changeMin)) shownPerS = perS
  }

  const settledAt = (nowMs: number): number => {
    if (!last) return 0
    const sinceMs = Math.min(aheadOfLookMsMax, Math.max(0, nowMs - last.atMs))
    const reached = Math.min(last.settled + last.depth, last.settled + (shownPerS * sinceMs) / 1_000)
    settled = Math.max(settled, reached)
    return settled
  }

  return {
    look: (seen, toldPerS) => {
      if (last && seen.settled >= last.settled) measure(last, seen)
      // The queue was emptied and counts from 0 again.
      else settled = 0
      last = seen
      // Measured all the same, so that the own speed is there when nobody tells one any more.
      if (toldPerS !== undefined) shownPerS = toldPerS
    },
    perS: () => shownPerS,
    settledAt,
  }
}
