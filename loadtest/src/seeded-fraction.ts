import { createHash } from 'node:crypto'

const wordBytes = 4

/**
 * A number from 0 to below 1 that looks random and follows from its arguments. Buyers run at the same time, so that
 * numbers drawn in turn from one generator would go to another buyer each time.
 */
export function seededFraction(seed: number, ...parts: readonly number[]): number {
  const digest = createHash('sha256')
    .update([seed, ...parts].join(':'))
    .digest()
  return digest.readUInt32BE(0) / 2 ** (8 * wordBytes)
}
