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
/** Of fewer, after the load has changed, it is not known well. */
const spansMin = 8
/**
 * When the last of them differ from all by more than `breakMin`, the load is another one: what was before counts no more.
 * A slower one needs twice as many, as a pause of a second is no slower load; a queue that stands still does not.
 */
const recentSpans = 4
const slowerSpans = 8
const breakMin = 0.4
/** Looks that say how far the queue has come: by a single one it is behind or ahead by up to a batch. */
const looksMax = 4
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

/** Those of a load that has only begun; all, while it is the same. */
const ofSameLoad = (spans: readonly Span[]): readonly Span[] => {
  const perS = speedOf(spans)
  const recent = spans.slice(-recentSpans)
  const recentPerS = speedOf(recent)
  if (recentPerS > perS * (1 + breakMin) || (recentPerS === 0 && perS > 0)) return recent
  const slower = spans.slice(-slowerSpans)
  return speedOf(slower) < perS * (1 - breakMin) ? slower : spans
}

export const createDrain = (): Drain => {
  let spans: readonly Span[] = []
  /** The last ones, since there is work. */
  const looks: Look[] = []
  let last: Look | undefined
  let pace = constantPace(0)
  let settled = 0
  /** The queue moves for less time than its speed is taken from: what is shown is corrected at once. */
  let starting = true

  /** @returns whether there is a speed to show. */
  const measure = (before: Look, seen: Look): boolean => {
    const span = { settled: seen.settled - before.settled, ms: seen.atMs - before.atMs }
    // A queue that ran dry shows how fast purchases come, not how fast they could be settled.
    if (before.depth === 0 || before.depth < span.settled || span.ms <= 0) return false
    // One that moves again: how long it stood still says nothing of its speed.
    const moves = span.settled > 0 && speedOf(spans) === 0
    if (moves) starting = true
    else if (spans.length === spansMax) starting = false
    spans = ofSameLoad([...(moves ? [] : spans), span].slice(-spansMax))
    // It may have begun at the end of this span.
    return spans.length > 1
  }

  const settledAt = (nowMs: number): number => {
    if (!last) return 0
    const untilMs = Math.min(nowMs, last.atMs + aheadOfLookMsMax)
    const perMs = paceAt(pace, last.settled) / 1_000
    const reached = looks.reduce((sum, look) => sum + look.settled + perMs * (untilMs - look.atMs), 0)
    settled = Math.max(settled, Math.min(last.settled + last.depth, reached / looks.length))
    return settled
  }

  return {
    look: (seen, told) => {
      // Measured all the same when told, so that the own speed is there when nobody tells one any more.
      if (last && seen.settled < last.settled) {
        // The queue was emptied and counts from 0 again.
        settled = 0
        looks.length = 0
        pace = constantPace(pace.toPerS)
      } else if (last && measure(last, seen)) {
        const isNew = spans.length < spansMin
        pace = nextPace(pace, {
          perS: speedOf(spans),
          settled: seen.settled,
          accepted: seen.settled + seen.depth,
          load: starting ? 'starting' : isNew ? 'new' : 'same',
        })
      }
      if (!last || last.depth === 0) looks.length = 0
      looks.push(seen)
      if (looks.length > looksMax) looks.shift()
      last = seen
      if (told) pace = told
    },
    pace: () => pace,
    perSAt: (count) => paceAt(pace, count),
    settledAt,
  }
}
