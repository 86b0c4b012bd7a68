import type { Random } from './random.ts'

/** What is sold in a round, to whom, how. Everything but the defaults of a fault follows from the round's seed. */
export interface SalePlan {
  buyers: number
  stock: number
  /** 1, or 1 to this many, drawn for each buyer. */
  quantityMax: number
  /** Simulated payment latency, inside the lease. */
  thinkMs: number
  /** Purchases per lock; null: as the worker is set. */
  batchMax: number | null
  /** Within which time the buyers arrive. */
  spreadMs: number
}

/** A sale of many small batches, so that a fault finds some of it before, during and after. */
export const drawPlan = (random: Random, fixed: Partial<SalePlan> = {}): SalePlan => {
  const buyers = fixed.buyers ?? random.whole(200, 400)
  const drawn: SalePlan = {
    buyers,
    stock: random.whole(Math.ceil(buyers * 0.6), Math.ceil(buyers * 1.2)),
    quantityMax: 1,
    thinkMs: random.oneOf([0, 0, 5, 20]),
    batchMax: random.whole(5, 30),
    spreadMs: random.oneOf([0, 200, 800]),
  }
  return { ...drawn, ...fixed }
}
