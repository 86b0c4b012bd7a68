/** Waits counted in bins, so that many workers' can be added up. Each bound is 1.25 times the one before. */

const growth = 1.25

/** Up to 87 s; what is longer is in the last one. */
export const waitBins = 52

/** Which bin a wait belongs to. */
export const waitBinOf = (ms: number): number =>
  ms <= 1 ? 0 : Math.min(waitBins - 1, Math.ceil(Math.log(ms) / Math.log(growth)))

/**
 * The wait that at least `share` of all do not exceed, in ms: at most a quarter too large.
 * @param counts by bin.
 * @returns undefined when nothing was counted.
 */
export const waitPercentileMs = (counts: readonly number[], share: number): number | undefined => {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  let below = 0
  const bin = counts.findIndex((count) => {
    below += count
    return below >= total * share
  })
  return Math.round(growth ** bin)
}
