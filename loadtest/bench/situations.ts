/** What was varied and in what it was counted, in the words of the tables; bars and plot find their figures by them. */
import { countText } from '../src/numbers.ts'

const counted = (count: number, what: string): string =>
  `${countText(count)} ${what}${count === 1 ? '' : 's'}`

export const withConnections = (connections: number): string => counted(connections, 'connection')

export const withWaiting = (purchases: number): string => `${countText(purchases)} waiting`

export const withProducts = (products: number, workers: number): string =>
  `${counted(products, 'product')}, ${counted(workers, 'worker')}`

export const withWorkers = (workers: number): string => counted(workers, 'worker')

export const afterPurchases = (purchases: number, process: string): string =>
  `${process} after ${countText(purchases)}`

/** Whose CPU time and memory are counted. */
export type CostProcess = 'api' | 'worker' | 'redis' | 'postgres' | 'generator'

export const units = {
  settled: 'settled/s',
  accepted: 'accepted/s',
  refused: 'refused/s',
  polls: 'polls/s',
  memory: 'MB',
  within: '% of looks within ±25 %',
  grew: '% of looks that grew',
  error: '% too long',
  cost: 'CPU µs/purchase',
} as const

export const cpuUnit = (process: CostProcess): string => `${process} ${units.cost}`

/** Whether somebody looks at the engine while it is measured. */
export const looks = {
  closed: 'nobody looks',
  open: 'dashboard and lock page open, metrics scraped',
} as const

export const latencySituations = {
  outcome: 'time to outcome',
  answer: 'time to the answer of POST',
  settled: 'accepted → settled, server clock',
  late: 'generator behind its schedule',
} as const
