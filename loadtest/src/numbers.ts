const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A count with thousands set off: `1,234`. */
export const countText = (count: number): string => grouped.format(count)

/** A rate or a size; `–` when it was not measured. */
export const optionalCountText = (count: number | null): string => (count === null ? '–' : countText(count))

/** A duration with about three digits: `0.42 ms`, `12.3 ms`, `345 ms`, `1.23 s`. */
export function durationText(durationMs: number): string {
  if (durationMs >= 9_999.5) return `${(durationMs / 1000).toFixed(1)} s`
  if (durationMs >= 999.5) return `${(durationMs / 1000).toFixed(2)} s`
  if (durationMs >= 99.95) return `${durationMs.toFixed(0)} ms`
  return `${durationMs.toFixed(durationMs >= 9.995 ? 1 : 2)} ms`
}
