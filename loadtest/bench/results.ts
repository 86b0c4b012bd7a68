/** Figures of several rounds, and what is made of them. */

/** One figure of one round, as in `settled/s`, of one contender in one situation. */
export interface Sample {
  /** As in `throughput`. */
  measure: string
  /** As in `engine`. */
  contender: string
  /** What was varied, as in `64 connections`; empty when nothing was. */
  situation: string
  /** As in `settled/s`. */
  unit: string
  value: number
  round: number
}

/** Of all rounds. */
export interface Figure extends Omit<Sample, 'value' | 'round'> {
  median: number
  min: number
  max: number
  rounds: number
}

/** The middle of the values, or the mean of the two middle ones. @throws when there are none. */
export const medianOf = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]]
  if (low === undefined || high === undefined) throw new Error('expected at least one value')
  return (low + high) / 2
}

/** One figure for each measure, contender, situation and unit, in the order of their first sample. */
export const figuresOf = (samples: readonly Sample[]): Figure[] => {
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) {
    const key = JSON.stringify([sample.measure, sample.contender, sample.situation, sample.unit])
    groups.set(key, [...(groups.get(key) ?? []), sample])
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (!first) return []
    const { measure, contender, situation, unit } = first
    const values = group.map((sample) => sample.value)
    const [min, max] = [Math.min(...values), Math.max(...values)]
    return [
      { measure, contender, situation, unit, median: medianOf(values), min, max, rounds: values.length },
    ]
  })
}

export type FigureKey = Partial<Pick<Figure, 'measure' | 'contender' | 'situation' | 'unit'>>

/** The median of the one figure with these properties; undefined when it was not measured. */
export const medianIn = (figures: readonly Figure[], key: FigureKey): number | undefined =>
  figures.find((figure) =>
    (Object.keys(key) as (keyof FigureKey)[]).every((name) => figure[name] === key[name]),
  )?.median
