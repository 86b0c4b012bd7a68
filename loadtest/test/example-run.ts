import { courseOf } from '../src/course.ts'
import { figuresOf } from '../src/figures.ts'
import type { Run } from '../src/run.ts'
import { judge } from '../src/verdict.ts'

/** A run of 200 buyers on 100 units, of which `sold` were sold. */
export function runOf(strategy: 'locked' | 'naive', sold: number): Run {
  const none = figuresOf([], 1)
  const waits = { count: 200, p50: 1.234, p95: 22.22, p99: 333, max: 4_444 }
  const figures = {
    ...none,
    buyers: 200,
    accepted: 200,
    perSecond: 1234.5,
    perSecondByServer: 2345.6,
    outcomes: { ...none.outcomes, confirmed: sold, sold_out: 200 - sold },
    latency: {
      ...none.latency,
      acceptMs: waits,
      outcomeMs: waits,
      batchSize: { ...waits, p50: 50, max: 100 },
    },
  }
  const oversold = Math.max(0, sold - 100)
  const stock = oversold > 0 ? 86 : 100 - sold
  const verification = {
    productId: 7,
    initialStock: 100,
    restocked: 0,
    sold,
    orders: sold,
    stock,
    movements: 100 - sold,
    oversold,
    duplicates: 0,
    undersold: 0,
    overLimit: 0,
    fencingBreaches: 0,
    ok: oversold === 0,
  }
  const settings = {
    buyers: 200,
    stock: 100,
    quantity: 1,
    connections: 200,
    thinkMs: strategy === 'naive' ? 100 : 0,
    batchMax: undefined,
    productId: undefined,
    timeoutMs: 120_000,
    retryLost: false,
    seed: 1,
    strategy,
  }
  return {
    settings,
    figures,
    verification,
    verdict: judge(figures, verification, { quantity: 1, exclusive: true }),
    course: courseOf([], { quantity: 1, stock: 100 }),
  }
}
