/** The speed at which the queue drains, and how far it has come: from looks a quarter of a second apart. */
import { constantPace, nextPace, type Pace, paceAt } from './queue-pace.ts'

export interface Look {
  /** Purchases accepted and not settled. */
  depth: number
  /** Purchases settled since the queue was made. */
  settled: number
  /** On a monotonic clock. */
  atMs: number
}

export interface Drain {
  /** @param told what another process shows: shown instead of one's own. */
  look(seen: Look, told?: Pace): void
  /** What is shown, for other processes to show the same. */
  pace(): Pace
  /** Purchases a second while there is work, when so many are settled; 0 while unknown. */
  perSAt(settled: number): number
  /** How many are settled at a time, between two looks as well. Never falls, unless the queue begins anew. */
  settledAt(nowMs: number): number
}

/** Looks with work that the speed is taken from: about four seconds, which even out batches. */
const spansMax = 16
/** Of fewer it is shown all the same, and corrected at once. */
const spansMin = 8
/** When the last of them differ from all by more than this, the load is another one: what was before counts no more. */
const recentSpans = 4
const breakMin = 0.4
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

export const createDrain = (): Drain => {
  const spans: Span[] = []
  let last: Look | undefined
  let pace = constantPace(0)
  let settled = 0

  /** @returns whether there is a speed to show. */
  const measure = (before: Look, seen: Look): boolean => {
    const span = { settled: seen.settled - before.settled, ms: seen.atMs - before.atMs }
    // A queue that ran dry shows how fast purchases come, not how fast they could be settled.
    if (before.depth === 0 || before.depth < span.settled || span.ms <= 0) return false
    // One that moves again: how long it stood still says nothing of its speed.
    if (span.settled > 0 && speedOf(spans) === 0) spans.length = 0
    spans.push(span)
    // It may have begun at the end of this span.
    if (spans.length === 1) return false
    if (spans.length > spansMax) spans.shift()
    const recent = spans.slice(-recentSpans)
    const [recentPerS, perS] = [speedOf(recent), speedOf(spans)]
    if (Math.abs(recentPerS - perS) > breakMin * perS) spans.splice(0, spans.length - recent.length)
    return true
  }

  const settledAt = (nowMs: number): number => {
    if (!last) return 0
    const sinceMs = Math.min(aheadOfLookMsMax, Math.max(0, nowMs - last.atMs))
    const perS = paceAt(pace, last.settled)
    settled = Math.max(settled, Math.min(last.settled + last.depth, last.settled + (perS * sinceMs) / 1_000))
    return settled
  }

  return {
    look: (seen, told) => {
      // Measured all the same when told, so that the own speed is there when nobody tells one any more.
      if (last && seen.settled < last.settled) {
        // The queue was emptied and counts from 0 again.
        settled = 0
        pace = constantPace(pace.toPerS)
      } else if (last && measure(last, seen)) {
        const young = spans.length < spansMin
        pace = nextPace(pace, {
          perS: speedOf(spans),
          settled: seen.settled,
          accepted: seen.settled + seen.depth,
          young,
        })
      }
      last = seen
      if (told) pace = told
    },
    pace: () => pace,
    perSAt: (count) => paceAt(pace, count),
    settledAt,
  }
}
