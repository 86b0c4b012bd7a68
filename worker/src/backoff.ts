const backoffMsMin = 50
const backoffMsMax = 2_000

/** Pause after the n-th fault in a row, ms; half of it random, so that workers do not come back together. */
export const backoffMs = (faults: number): number =>
  Math.min(backoffMsMax, backoffMsMin * 2 ** Math.min(faults, 10)) * (0.5 + Math.random() / 2)
