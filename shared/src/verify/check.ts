/** One promise of the engine, held against what the stores say. */
export interface Check {
  name: string
  /** Number of the invariant in ARCHITECTURE.md. */
  invariant: number
  /** What was looked at and found, for a person. */
  found: string
  /** How many broke it; 0: it holds. */
  violations: number
  /** A line each on the worst of them, at most `worstMax`. */
  worst: string[]
}

export const worstMax = 5

/** Collects what breaks one promise and keeps the worst of it, however much there is. */
export interface Tally {
  /** @param weight the larger, the worse; 0: nothing wrong. @param describe one line, made when it is kept. */
  add(weight: number, describe: () => string): void
  violations(): number
  worst(): string[]
}

/** @returns a tally in which nothing is wrong yet. */
export const createTally = (): Tally => {
  let violations = 0
  let kept: { weight: number; line: string }[] = []
  return {
    add: (weight, describe) => {
      if (weight === 0) return
      violations += 1
      const least = kept.at(-1)
      if (kept.length === worstMax && least && least.weight >= weight) return
      kept = [...kept, { weight, line: describe() }]
        .toSorted((a, b) => b.weight - a.weight)
        .slice(0, worstMax)
    },
    violations: () => violations,
    worst: () => kept.map(({ line }) => line),
  }
}

/** A number with the right form of its noun: `1 order`, `2,000 orders`. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
