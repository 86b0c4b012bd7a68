import { build } from 'hdr-histogram-js'

/** Percentiles of a set of values, in the unit of the values. */
export interface Distribution {
  count: number
  p50: number
  p95: number
  p99: number
  max: number
}

/** Histograms hold whole numbers: times are kept in microseconds. */
const stepsPerUnit = 1000

/** Percentiles exact to three digits; null when there are no values. Negative values count as 0. */
export function distributionOf(values: readonly number[]): Distribution | null {
  if (values.length === 0) return null
  const histogram = build({ numberOfSignificantValueDigits: 3, autoResize: true, useWebAssembly: false })
  for (const value of values) histogram.recordValue(Math.max(0, Math.round(value * stepsPerUnit)))
  // A bucket may reach beyond the largest value, and a percentile must not.
  const max = Math.max(
    0,
    values.reduce((largest, value) => Math.max(largest, value)),
  )
  const at = (percentile: number): number =>
    Math.min(max, histogram.getValueAtPercentile(percentile) / stepsPerUnit)
  return { count: values.length, p50: at(50), p95: at(95), p99: at(99), max }
}
