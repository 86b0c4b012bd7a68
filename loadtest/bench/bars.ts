/** What the engine has to reach, as ratios within one run. */
import { figureText } from './figure-text.ts'
import { durabilities } from './measures/aof.ts'
import { type Figure, type FigureKey, medianIn } from './results.ts'
import {
  afterPurchases,
  latencySituations,
  looks,
  units,
  withConnections,
  withProducts,
  withWaiting,
  withWorkers,
} from './situations.ts'

export interface JudgedBar {
  what: string
  /** As in `at least 15×`. */
  bar: string
  /** Undefined: not measured in this run. */
  measured: number | undefined
  /** Of `measured`: `×`, ` MB` or ` %`. */
  unit: string
  met: boolean | undefined
}

interface Bar {
  what: string
  direction: 'at least' | 'at most'
  limit: number
  unit: '×' | ' MB' | ' %'
  measured: (figures: readonly Figure[]) => number | undefined
}

const ratio =
  (above: FigureKey, below: FigureKey): Bar['measured'] =>
  (figures) => {
    const [a, b] = [medianIn(figures, above), medianIn(figures, below)]
    return a === undefined || b === undefined || b === 0 ? undefined : a / b
  }

const throughput = (contender: string, connections: number): FigureKey => ({
  measure: 'throughput',
  contender,
  situation: withConnections(connections),
  unit: units.settled,
})

const against = (contender: string, connections: number, limit: number): Bar => ({
  what: `engine vs ${contender}, settled/s, ${withConnections(connections)}`,
  direction: 'at least',
  limit,
  unit: '×',
  measured: ratio(throughput('engine', connections), throughput(contender, connections)),
})

const drain = (contender: string): FigureKey => ({
  measure: 'drain',
  contender,
  situation: withWorkers(1),
  unit: units.settled,
})

const scaling = (workers: number): FigureKey => ({
  measure: 'scaling',
  situation: withProducts(100, workers),
  unit: units.settled,
})

const backlogCost = (purchases: number): FigureKey => ({
  measure: 'backlog',
  situation: withWaiting(purchases),
  unit: units.cost,
})

const memory = (process: string, limit: number): Bar => ({
  what: `RSS of ${process} after 200,000 purchases`,
  direction: 'at most',
  limit,
  unit: ' MB',
  measured: (figures) =>
    medianIn(figures, { measure: 'memory', situation: afterPurchases(200_000, process), unit: units.memory }),
})

const outcomeTime = (percentile: string): FigureKey => ({
  measure: 'latency',
  contender: 'engine',
  situation: latencySituations.outcome,
  unit: `ms ${percentile}`,
})

const looking = (situation: string): FigureKey => ({ measure: 'looking', situation, unit: units.settled })

const eta =
  (unit: string): Bar['measured'] =>
  (figures) =>
    medianIn(figures, { measure: 'eta', unit })

const durable = (situation: string): FigureKey => ({ measure: 'aof', situation, unit: units.settled })

const bars: readonly Bar[] = [
  against('lock-per-request', 64, 15),
  against('sql-per-request, pool 10', 64, 2.5),
  against('sql-per-request, pool 4', 64, 1.25),
  against('sql-per-request, pool 10', 512, 2.5),
  against('sql-per-request, pool 4', 512, 1.5),
  {
    what: 'engine vs noop, drain, one product, one worker',
    direction: 'at least',
    limit: 0.85,
    unit: '×',
    measured: ratio(drain('engine'), drain('noop')),
  },
  {
    what: 'engine vs job-per-lock, drain, one product, one worker',
    direction: 'at least',
    limit: 12,
    unit: '×',
    measured: ratio(drain('engine'), drain('job-per-lock')),
  },
  {
    what: 'two worker processes vs one, drain, 100 products',
    direction: 'at least',
    limit: 1,
    unit: '×',
    measured: ratio(scaling(2), scaling(1)),
  },
  {
    what: 'refusals/s when sold out vs accepted/s, 64 connections',
    direction: 'at least',
    limit: 2,
    unit: '×',
    measured: ratio(
      { measure: 'refusals', unit: units.refused },
      { ...throughput('engine', 64), unit: units.accepted },
    ),
  },
  {
    what: 'CPU cost per purchase, 500,000 waiting vs 10,000',
    direction: 'at most',
    limit: 1.2,
    unit: '×',
    measured: ratio(backlogCost(500_000), backlogCost(10_000)),
  },
  memory('api', 200),
  memory('worker', 200),
  memory('redis', 150),
  {
    what: 'time to outcome at half capacity, p99 vs p50',
    direction: 'at most',
    limit: 10,
    unit: '×',
    measured: ratio(outcomeTime('p99'), outcomeTime('p50')),
  },
  {
    what: 'Redis appendfsync always vs no AOF, settled/s',
    direction: 'at least',
    limit: 0.7,
    unit: '×',
    measured: ratio(durable(durabilities.always), durable(durabilities.never)),
  },
  {
    what: 'dashboard and lock page open, metrics scraped vs nobody looks, settled/s',
    direction: 'at least',
    limit: 0.95,
    unit: '×',
    measured: ratio(looking(looks.open), looking(looks.closed)),
  },
  {
    what: 'looks at which the time to go is within ±25 %, steady backlog, two apis',
    direction: 'at least',
    limit: 95,
    unit: ' %',
    measured: eta(units.within),
  },
  {
    what: 'looks at which the time to go has grown, steady backlog, two apis',
    direction: 'at most',
    limit: 0,
    unit: ' %',
    measured: eta(units.grew),
  },
]

/** Every bar with what was measured, from the medians. */
export const judgeBars = (figures: readonly Figure[]): JudgedBar[] =>
  bars.map(({ what, direction, limit, unit, measured: measure }) => {
    const measured = measure(figures)
    const within = (value: number): boolean => (direction === 'at least' ? value >= limit : value <= limit)
    return {
      what,
      bar: `${direction} ${limit}${unit}`,
      measured,
      unit,
      met: measured === undefined ? undefined : within(measured),
    }
  })

/** As in `16.2×`; `–` when it was not measured. */
export const measuredText = ({ measured, unit }: JudgedBar): string =>
  measured === undefined ? '–' : `${figureText(measured)}${unit}`

/** As in `met`. */
export const verdictText = ({ met }: JudgedBar): string =>
  met === undefined ? 'not measured' : met ? 'met' : 'NOT MET'
