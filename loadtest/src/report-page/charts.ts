import type { Course, Ending } from '../course.ts'
import type { Distribution } from '../latency.ts'
import { countText, durationText } from '../numbers.ts'
import type { Run } from '../run.ts'

/** One line, or one layer of a stack, of a chart. `colour` is the name of a custom property of the page. */
export interface Layer {
  label: string
  colour: string
  values: number[]
}

/** A chart as the page's script draws it: a value for each part of the time, or of a range of durations. */
export interface Chart {
  kind: 'stack' | 'stock' | 'lines' | 'histogram'
  /** Width of a part of the x axis, in milliseconds. */
  binMs: number
  unit: string
  layers: Layer[]
  /** Places on the x axis to be pointed out. */
  marks: { text: string; atMs: number }[]
}

/** What is shown of every run. */
export interface Topic {
  title: string
  chartOf: (run: Run) => Chart
  /** What the chart shows, in words that do without it. */
  describe: (run: Run) => string
}

const endings: readonly [ending: Ending, label: string, colour: string][] = [
  ['confirmed', 'confirmed', 'confirmed'],
  ['sold_out', 'sold out', 'sold-out'],
  ['refused', 'refused at the door', 'refused'],
  ['limit_reached', 'limit reached', 'other'],
  ['not_on_sale', 'not on sale', 'other'],
  ['failed', 'failed', 'bad'],
]
/** Shown even when none ended so: the reader looks for them. */
const alwaysShown: readonly Ending[] = ['confirmed', 'sold_out']

/** Settlements come in batches: how many there were so far can be read, how many in each part of the time cannot. */
const soFar = (counts: readonly number[]): number[] => {
  let sum = 0
  return counts.map((count) => {
    sum += count
    return sum
  })
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

const endingsOf = ({ course }: Run): { label: string; colour: string; values: number[]; count: number }[] =>
  endings
    .map(([ending, label, colour]) => {
      const values = course.endings[ending]
      return { ending, label, colour, values, count: total(values) }
    })
    .filter(({ ending, count }) => count > 0 || alwaysShown.includes(ending))

const endMsOf = ({ binMs, stockLeft }: Course): number => binMs * stockLeft.length

/** When the stock was gone, at the end of the part of time in which the last unit went. */
const soldOutMsOf = ({ binMs, stockLeft }: Course): number | undefined => {
  const bin = stockLeft.findIndex((left) => left <= 0)
  return bin === -1 ? undefined : binMs * (bin + 1)
}

const purchases: Topic = {
  title: 'Purchases over time, by outcome',
  chartOf: (run) => ({
    kind: 'stack',
    binMs: run.course.binMs,
    unit: 'purchases so far',
    layers: endingsOf(run).map(({ label, colour, values }) => ({ label, colour, values: soFar(values) })),
    marks: [],
  }),
  describe: (run) =>
    `${endingsOf(run)
      .map(({ label, count }) => `${countText(count)} ${label}`)
      .join(', ')}, within ${durationText(endMsOf(run.course))} of the start.`,
}

const stock: Topic = {
  title: 'Stock left to sell',
  chartOf: ({ course }) => ({
    kind: 'stock',
    binMs: course.binMs,
    unit: 'units',
    layers: [
      { label: 'left', colour: 'stock', values: course.stockLeft.map((left) => Math.max(0, left)) },
      ...(course.stockLeft.some((left) => left < 0)
        ? [{ label: 'oversold', colour: 'bad', values: course.stockLeft.map((left) => Math.min(0, left)) }]
        : []),
    ],
    marks: [],
  }),
  describe: ({ course, verification }) => {
    const units = verification.initialStock + verification.restocked
    const [soldOutMs, last] = [soldOutMsOf(course), course.stockLeft.at(-1) ?? units]
    const gone = soldOutMs === undefined ? '' : `, gone after ${durationText(soldOutMs)}`
    const end =
      last < 0 ? `${countText(-last)} units sold that were not there` : `${countText(last)} left at the end`
    return `${countText(units)} units at the start${gone}; ${end}.`
  },
}

const waiting: Topic = {
  title: 'Waiting in the queue and for the lock',
  chartOf: ({ course }) => ({
    kind: 'lines',
    binMs: course.binMs,
    unit: 'purchases, mean',
    layers: [
      { label: 'in the queue', colour: 'queued', values: course.queued },
      { label: 'waiting for the lock', colour: 'lock', values: course.waitingForLock },
    ],
    marks: [],
  }),
  describe: ({ course, figures }) => {
    const settled = figures.accepted - figures.lost
    const known =
      course.waitsKnown === settled
        ? ''
        : ` Known of ${countText(course.waitsKnown)} of ${countText(settled)} purchases.`
    return `At most ${countText(course.queuedMax)} in the queue and ${countText(course.waitingForLockMax)} waiting for the lock at the same time.${known}`
  },
}

const marksOf = (distribution: Distribution | null): Chart['marks'] =>
  distribution === null
    ? []
    : [
        { text: `p50 ${durationText(distribution.p50)}`, atMs: distribution.p50 },
        { text: `p99 ${durationText(distribution.p99)}`, atMs: distribution.p99 },
      ]

const times = (title: string, name: 'acceptMs' | 'outcomeMs', colour: string): Topic => ({
  title,
  chartOf: ({ course, figures }) => ({
    kind: 'histogram',
    binMs: course[name]?.width ?? 1,
    unit: 'purchases',
    layers: [{ label: 'purchases', colour, values: course[name]?.counts ?? [0] }],
    marks: marksOf(figures.latency[name]),
  }),
  describe: ({ figures }) => {
    const distribution = figures.latency[name]
    if (distribution === null) return 'None was measured.'
    const { p50, p99, max } = distribution
    return `Half within ${durationText(p50)}, 99 % within ${durationText(p99)}, all within ${durationText(max)}.`
  },
})

/** What the page shows, in this order. */
export const topics: readonly Topic[] = [
  purchases,
  stock,
  waiting,
  times('Time until accepted', 'acceptMs', 'queued'),
  times('Time until the outcome was seen', 'outcomeMs', 'lock'),
]
