/** Where a worker stands in the line of a lock, and what that means for the purchases that it has. */

/** What a worker has of a product. */
export interface Share {
  /** In its next batch, or in the one that it settles. */
  purchases: number
  /** Behind that batch. */
  left: number
}

/** The other workers, as of one look. */
export interface PlaceInLine {
  /** Served before this worker's next batch, the holder of the lock first. */
  before: readonly Share[]
  /** Served after it. */
  after: readonly Share[]
}

export const nobodyInLine: PlaceInLine = { before: [], after: [] }

/** What one worker settles in so many turns: it has no more of them than it has batches. */
const settledIn = (turns: number, { purchases, left }: Share, batchMax: number): [number, number] => {
  if (turns === 0) return [0, 0]
  const batches = Math.min(turns, 1 + Math.ceil(left / batchMax))
  return [batches, Math.min(purchases + left, purchases + (batches - 1) * batchMax)]
}

/**
 * What is settled before a purchase, if nothing comes or goes meanwhile. Workers are served in turn, so between two
 * batches of this worker each other has one, until it has run dry.
 * @param index place among the purchases of this worker, from 0.
 */
export const aheadOf = (
  index: number,
  batchMax: number,
  { before, after }: PlaceInLine,
): { batchesAhead: number; purchasesAhead: number } => {
  const ownBatches = Math.floor(index / batchMax)
  let batchesAhead = ownBatches
  let purchasesAhead = index
  const add = (turns: number, share: Share): void => {
    const [batches, purchases] = settledIn(turns, share, batchMax)
    batchesAhead += batches
    purchasesAhead += purchases
  }
  for (const share of before) add(ownBatches + 1, share)
  for (const share of after) add(ownBatches, share)
  return { batchesAhead, purchasesAhead }
}

/** The place once this worker has the lock: who went before it and has more stands behind the others now. */
export const afterTurn = ({ before, after }: PlaceInLine, batchMax: number): PlaceInLine => {
  const again = before.flatMap(({ left }): Share[] => {
    const purchases = Math.min(left, batchMax)
    return left > 0 ? [{ purchases, left: left - purchases }] : []
  })
  return { before: [...after, ...again], after: [] }
}

/** The place of what waits while this worker itself settles a batch. */
export const behindOwn = ({ before, after }: PlaceInLine, purchases: number): PlaceInLine => ({
  before: [{ purchases, left: 0 }, ...before],
  after,
})
