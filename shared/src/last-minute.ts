/** What happened to each product in the last minute: a sliding window of one-second slots, in bounded memory. */

/** A batch as the news tell of it. */
export interface BatchHeard {
  productId: number
  /** How many purchases got their outcome. */
  purchases: number
  /** Of the batch; counted once for each of its purchases. */
  lockWaitMs: number
}

export interface ProductMinute {
  productId: number
  /** Purchases settled in the last 60 s, and in how many batches. */
  settled: number
  batches: number
  /** Over the last ten seconds that are over, so that it follows a sale. */
  settledPerS: number
  /** Undefined when there was no batch. */
  lockWaitMsP50?: number
  lockWaitMsP99?: number
}

export interface LastMinute {
  hear(batch: BatchHeard): void
  /** Products with a batch in the last minute, the busiest first. */
  products(): ProductMinute[]
  of(productId: number): ProductMinute
  /** As if nothing had been heard yet. */
  forget(): void
}

const slotsKept = 60
const rateSlots = 10
/** 25 kB each; the product heard of longest ago makes room. */
const productsMax = 200

/** Upper bounds in ms, each 1.25 times the one before: a percentile is at most that much too large. */
const boundsMs = Array.from({ length: 52 }, (_, index) => 1.25 ** index)
const bucketOf = (ms: number): number =>
  ms <= 1 ? 0 : Math.min(boundsMs.length - 1, Math.ceil(Math.log(ms) / Math.log(1.25)))

interface Slot {
  /** Which second it holds, since the start of the clock; older than a minute: to be emptied. */
  second: number
  settled: number
  batches: number
  lockWaits: Uint32Array
}

const newSlots = (): Slot[] =>
  Array.from({ length: slotsKept }, () => ({
    second: -1,
    settled: 0,
    batches: 0,
    lockWaits: new Uint32Array(boundsMs.length),
  }))

/** The bound below which at least `share` of all lie, ms. */
const percentile = (counts: readonly number[], total: number, share: number): number => {
  let below = 0
  for (const [bucket, count] of counts.entries()) {
    below += count
    if (below >= total * share) return Math.round(boundsMs[bucket] ?? 0)
  }
  return 0
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** @param nowMs a clock that only goes forward. */
export const createLastMinute = (nowMs: () => number = () => performance.now()): LastMinute => {
  /** By product, the one heard of last at the end. */
  const slotsOf = new Map<number, Slot[]>()
  const secondNow = (): number => Math.floor(nowMs() / 1_000)

  const summary = (productId: number, slots: readonly Slot[]): ProductMinute => {
    const now = secondNow()
    const kept = slots.filter(({ second }) => second >= 0 && second > now - slotsKept)
    const over = kept.filter(({ second }) => second < now && second >= now - rateSlots)
    const settled = sum(kept.map((slot) => slot.settled))
    const minute = {
      productId,
      settled,
      batches: sum(kept.map((slot) => slot.batches)),
      settledPerS: sum(over.map((slot) => slot.settled)) / rateSlots,
    }
    if (settled === 0) return minute
    const waits = boundsMs.map((_, bucket) => sum(kept.map((slot) => slot.lockWaits[bucket] ?? 0)))
    return {
      ...minute,
      lockWaitMsP50: percentile(waits, settled, 0.5),
      lockWaitMsP99: percentile(waits, settled, 0.99),
    }
  }

  const slotFor = (productId: number, second: number): Slot | undefined => {
    const slots = slotsOf.get(productId) ?? newSlots()
    slotsOf.delete(productId)
    const [oldest] = slotsOf.keys()
    if (oldest !== undefined && slotsOf.size >= productsMax) slotsOf.delete(oldest)
    slotsOf.set(productId, slots)
    return slots[second % slotsKept]
  }

  return {
    hear: ({ productId, purchases, lockWaitMs }) => {
      const second = secondNow()
      const slot = slotFor(productId, second)
      if (!slot) return
      if (slot.second !== second) {
        slot.second = second
        slot.settled = 0
        slot.batches = 0
        slot.lockWaits.fill(0)
      }
      slot.settled += purchases
      slot.batches += 1
      const bucket = bucketOf(lockWaitMs)
      slot.lockWaits[bucket] = (slot.lockWaits[bucket] ?? 0) + purchases
    },
    products: () =>
      Array.from(slotsOf, ([productId, slots]) => summary(productId, slots))
        .filter(({ batches }) => batches > 0)
        .toSorted((a, b) => b.settled - a.settled),
    of: (productId) => summary(productId, slotsOf.get(productId) ?? []),
    forget: () => slotsOf.clear(),
  }
}
