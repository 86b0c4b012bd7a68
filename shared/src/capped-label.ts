/** What all values beyond the limit are called. */
export const otherLabel = 'other'

/**
 * Keeps the values of a metric's label from growing without limit: the first `max` that come stand for themselves,
 * later ones are `other`. A value once given its name keeps it.
 */
export const cappedLabel = <T extends string | number>(
  max: number,
): ((value: T) => T | typeof otherLabel) => {
  const known = new Set<T>()
  return (value) => {
    if (known.has(value)) return value
    if (known.size >= max) return otherLabel
    known.add(value)
    return value
  }
}
