import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { plenty, startClean } from '../clean.ts'
import { engine } from '../contenders/http.ts'
import { type LoadResult, runLoad } from '../load.ts'
import { createLookers, type Lookers } from '../lookers.ts'
import { looks, units } from '../situations.ts'
import type { Sizes } from '../sizes.ts'
import type { Step } from '../step.ts'
import type { BenchStores } from '../stores.ts'
import { expectAccepted, purchaseRequest, untilSettled } from './throughput.ts'

export interface LookingOptions {
  /** Windows of time in which somebody looks; there are as many in which nobody does. */
  windows: number
  windowMs: number
}

/** Settled a second. */
export interface Looking {
  closed: number
  open: number
}

const connections = 64
/** By how much the load lasts longer than the windows: their ends are not met to the millisecond. */
const marginMs = 2_000

interface Window {
  looked: boolean
  settled: number
  elapsedMs: number
}

/** Counts what is settled in windows of time: closed, open, open, closed, …: a drift of the engine then hits both alike. */
const countWindows = async (
  settled: () => Promise<number>,
  lookers: Lookers,
  { windows, windowMs }: LookingOptions,
): Promise<Window[]> => {
  const counted: Window[] = []
  for (let n = 0; n < windows * 2; n += 1) {
    const looked = n % 4 === 1 || n % 4 === 2
    const [before, startedAtMs] = [await settled(), performance.now()]
    if (looked) lookers.open()
    await sleep(windowMs)
    if (looked) await lookers.close()
    counted.push({ looked, settled: (await settled()) - before, elapsedMs: performance.now() - startedAtMs })
  }
  return counted
}

/** A refusal because the api has too much to do is no fault of the measure: it shows in what is settled. */
const expectServed = ({ statuses }: LoadResult): void => {
  const odd = [...statuses].filter(([status]) => status !== 202 && status !== 503)
  if (odd.length > 0) throw new Error(`expected purchases to be accepted, got ${JSON.stringify(odd)}`)
}

const rateOf = (windows: readonly Window[]): number => {
  const sum = (of: (window: Window) => number): number => windows.reduce((total, each) => total + of(each), 0)
  return (sum(({ settled }) => settled) * 1000) / sum(({ elapsedMs }) => elapsedMs)
}

/**
 * How many purchases a second one engine settles under one closed loop, while nobody looks and while somebody does.
 * @throws when a purchase is not answered as it should be, or somebody who looks is shown nothing.
 */
export const measureLooking = async (stores: BenchStores, options: LookingOptions): Promise<Looking> => {
  await startClean({ ...stores, products: 1, stock: plenty })
  const serving = await engine.start(stores)
  const sql = postgres(stores.databaseUrl, { max: 1 })
  /** Each purchase takes one unit. */
  const settled = async (): Promise<number> => {
    const [row] = await sql<
      { sold: number }[]
    >`SELECT initial_stock - stock AS sold FROM products WHERE id = 1`
    return row?.sold ?? 0
  }
  try {
    const load = { origin: serving.origin, connections, method: 'POST' as const, request: purchaseRequest }
    expectAccepted(await runLoad({ ...load, requestsMax: engine.warmUpRequests }))
    await untilSettled(stores, serving)
    const lookers = createLookers(serving.origin, serving.adminToken ?? '')
    const [counted, result] = await Promise.all([
      countWindows(settled, lookers, options),
      runLoad({ ...load, durationMs: options.windows * 2 * options.windowMs + marginMs }),
    ])
    expectServed(result)
    const of = (looked: boolean): number => rateOf(counted.filter((window) => window.looked === looked))
    return { closed: of(false), open: of(true) }
  } finally {
    await sql.end({ timeout: 5 })
    await serving.stop()
  }
}

export const lookingSteps = ({ loadMs, lookWindows }: Sizes): Step[] => [
  {
    measure: 'looking',
    label: 'engine, looked at and not',
    estimateS: (lookWindows * 2 * loadMs + marginMs) / 1000 + 5,
    run: async ({ stores }) => {
      const { closed, open } = await measureLooking(stores, { windows: lookWindows, windowMs: loadMs })
      const named = { contender: engine.name, unit: units.settled }
      return [
        { ...named, situation: looks.open, value: open },
        { ...named, situation: looks.closed, value: closed },
      ]
    },
  },
]
