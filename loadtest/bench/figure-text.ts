import { countText } from '../src/numbers.ts'

/** A figure with about three digits: `4,612`, `61.3`, `0.87`. */
export const figureText = (value: number): string => {
  if (Math.abs(value) >= 99.95) return countText(value)
  return value.toFixed(Math.abs(value) >= 9.995 ? 1 : 2)
}
