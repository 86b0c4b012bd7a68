import { build } from 'hdr-histogram-js'

export interface Percentiles {
  p50: number
  p99: number
  p999: number
}

/** Histograms hold whole numbers: times are kept in microseconds. */
const stepsPerMs = 1000

/** Percentiles of times in milliseconds, exact to three digits. @throws when there are none. */
export const percentilesOf = (timesMs: readonly number[]): Percentiles => {
  if (timesMs.length === 0) throw new Error('expected at least one time')
  const histogram = build({ numberOfSignificantValueDigits: 3, autoResize: true, useWebAssembly: false })
  for (const timeMs of timesMs) histogram.recordValue(Math.max(0, Math.round(timeMs * stepsPerMs)))
  const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / stepsPerMs
  return { p50: at(50), p99: at(99), p999: at(99.9) }
}
