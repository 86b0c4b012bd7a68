/**
 * The speed of the queue as buyers are shown it: not a figure but a course, by how many purchases are settled. That count is
 * the clock which all api processes have in common, so a change can be announced and then happens in all of them at the same
 * purchase: no time to go grows with the process that is asked.
 */

export interface Pace {
  /** Purchases a second until so many are settled … */
  fromPerS: number
  fromSettled: number
  /** … and from so many on. In between the one passes into the other evenly. */
  toPerS: number
  toSettled: number
}

export interface PaceMeasured {
  perS: number
  /** How many purchases have been settled, and accepted, since the queue was made. */
  settled: number
  accepted: number
  /**
   * `starting`: the queue has just begun to move, so that nothing good is shown yet and what is better is shown at once.
   * `new`: its load has just changed, so that the speed is known from a few looks only; a higher one is shown at once.
   */
  load: 'starting' | 'new' | 'same'
}

/** Less than that is the wavering of batches, and not worth a change. */
const changeMin = 0.05
/** More than that is another load: nobody's time to go is kept from growing by it. */
const breakMin = 0.4
/** From the announcement to the change: every process has looked by then. */
const noticeS = 0.6
/** By how much a slowing-down takes longer than the newest purchase needs; see `planned`. */
const stretch = 1.5

export const constantPace = (perS: number): Pace => ({
  fromPerS: perS,
  fromSettled: 0,
  toPerS: perS,
  toSettled: 0,
})

/** Purchases a second when so many are settled. */
export const paceAt = ({ fromPerS, fromSettled, toPerS, toSettled }: Pace, settled: number): number => {
  if (settled <= fromSettled) return fromPerS
  if (settled >= toSettled) return toPerS
  return fromPerS + ((toPerS - fromPerS) * (settled - fromSettled)) / (toSettled - fromSettled)
}

/**
 * A time to go is `ahead / speed`. A higher speed only shortens it, and is shown at one purchase. A lower one would lengthen
 * it; passed into over `1 - to / from` of all that wait, it makes up for no more than what is settled meanwhile, also for
 * the last in the queue.
 */
const planned = (fromPerS: number, { perS, settled, accepted }: PaceMeasured): Pace => {
  const fromSettled = settled + fromPerS * noticeS
  const waiting = Math.max(0, accepted - fromSettled)
  const slowing = Math.max(0, 1 - perS / fromPerS)
  return { fromPerS, fromSettled, toPerS: perS, toSettled: fromSettled + slowing * waiting * stretch }
}

const differs = (perS: number, from: number, byMin: number): boolean => Math.abs(perS - from) > byMin * from

/** What to show from now on, after a look at the queue. */
export const nextPace = (pace: Pace, measured: PaceMeasured): Pace => {
  const { perS, settled, load } = measured
  const shown = paceAt(pace, settled)
  const atOnce = load === 'starting' || (load === 'new' && perS > shown)
  if (atOnce || differs(perS, shown, breakMin)) return constantPace(perS)
  // One change at a time: others might miss the first of two.
  if (settled < pace.toSettled || !differs(perS, pace.toPerS, changeMin)) return pace
  return planned(pace.toPerS, measured)
}
