import { expect, test } from 'vitest'
import { judgeBars, measuredText, verdictText } from './bars.ts'
import { planOf } from './plan.ts'
import type { Figure } from './results.ts'
import { fullSizes } from './sizes.ts'
import { measureNames } from './step.ts'

const figure = (
  measure: string,
  contender: string,
  situation: string,
  unit: string,
  median: number,
): Figure => ({
  measure,
  contender,
  situation,
  unit,
  median,
  min: median,
  max: median,
  rounds: 1,
})

const throughput = (contender: string, connections: number, median: number): Figure =>
  figure('throughput', contender, `${connections} connections`, 'settled/s', median)

const figures: Figure[] = [
  throughput('engine', 64, 3_000),
  throughput('lock-per-request', 64, 100),
  throughput('sql-per-request, pool 4', 64, 2_400),
  throughput('sql-per-request, pool 10', 64, 1_201),
  throughput('engine', 512, 4_000),
  throughput('sql-per-request, pool 4', 512, 4_000),
  throughput('sql-per-request, pool 10', 512, 1_000),
  figure('throughput', 'engine', '64 connections', 'accepted/s', 3_500),
  figure('refusals', 'engine', '64 connections', 'refused/s', 7_000),
  figure('drain', 'engine', '1 worker', 'settled/s', 8_500),
  figure('drain', 'noop', '1 worker', 'settled/s', 10_000),
  figure('drain', 'job-per-lock', '1 worker', 'settled/s', 1_000),
  // Those of two workers are no part of a bar.
  figure('drain', 'engine', '2 workers', 'settled/s', 1),
  figure('scaling', 'engine', '100 products, 1 worker', 'settled/s', 8_000),
  figure('scaling', 'engine', '100 products, 2 workers', 'settled/s', 7_999),
  figure('backlog', 'engine', '10,000 waiting', 'CPU µs/purchase', 100),
  figure('backlog', 'engine', '500,000 waiting', 'CPU µs/purchase', 120),
  figure('memory', 'engine', 'api after 200,000', 'MB', 200),
  figure('memory', 'engine', 'worker after 200,000', 'MB', 201),
  figure('memory', 'engine', 'redis after 200,000', 'MB', 90),
  figure('latency', 'engine', 'time to outcome', 'ms p50', 60),
  figure('latency', 'engine', 'time to outcome', 'ms p99', 601),
  figure('aof', 'engine', 'appendfsync always', 'settled/s', 70),
  figure('aof', 'engine', 'no AOF', 'settled/s', 100),
  figure('looking', 'engine', 'nobody looks', 'settled/s', 1_000),
  figure('looking', 'engine', 'dashboard and lock page open, metrics scraped', 'settled/s', 949),
  figure('eta', 'engine', '12,000 waiting', '% of looks within ±25 %', 95),
  figure('eta', 'engine', '12,000 waiting', '% of looks that grew', 0.1),
]

const judged = (given: readonly Figure[]): string[] =>
  judgeBars(given).map((bar) => `${bar.what}: ${bar.bar}: ${measuredText(bar)} ${verdictText(bar)}`)

test('every bar with what was measured; a bar that is just reached is met', () => {
  expect(judged(figures)).toEqual([
    'engine vs lock-per-request, settled/s, 64 connections: at least 15×: 30.0× met',
    'engine vs sql-per-request, pool 10, settled/s, 64 connections: at least 2.5×: 2.50× NOT MET',
    'engine vs sql-per-request, pool 4, settled/s, 64 connections: at least 1.25×: 1.25× met',
    'engine vs sql-per-request, pool 10, settled/s, 512 connections: at least 2.5×: 4.00× met',
    'engine vs sql-per-request, pool 4, settled/s, 512 connections: at least 1.5×: 1.00× NOT MET',
    'engine vs noop, drain, one product, one worker: at least 0.85×: 0.85× met',
    'engine vs job-per-lock, drain, one product, one worker: at least 12×: 8.50× NOT MET',
    'two worker processes vs one, drain, 100 products: at least 1×: 1.00× NOT MET',
    'refusals/s when sold out vs accepted/s, 64 connections: at least 2×: 2.00× met',
    'CPU cost per purchase, 500,000 waiting vs 10,000: at most 1.2×: 1.20× met',
    'RSS of api after 200,000 purchases: at most 200 MB: 200 MB met',
    'RSS of worker after 200,000 purchases: at most 200 MB: 201 MB NOT MET',
    'RSS of redis after 200,000 purchases: at most 150 MB: 90.0 MB met',
    'time to outcome at half capacity, p99 vs p50: at most 10×: 10.0× NOT MET',
    'Redis appendfsync always vs no AOF, settled/s: at least 0.7×: 0.70× met',
    'dashboard and lock page open, metrics scraped vs nobody looks, settled/s: at least 0.95×: 0.95× NOT MET',
    'looks at which the time to go is within ±25 %, steady backlog, two apis: at least 95 %: 95.0 % met',
    'looks at which the time to go has grown, steady backlog, two apis: at most 0 %: 0.10 % NOT MET',
  ])
})

test('what was not measured is neither met nor missed', () => {
  expect(judgeBars([]).every(({ measured, met }) => measured === undefined && met === undefined)).toBe(true)
  expect(judged([throughput('engine', 64, 3_000)])[0]).toMatch(/: – not measured$/)
})

test('the steps of a full run are those that the bars need', () => {
  const labels = planOf(measureNames, fullSizes, { volatileRedis: true }).map(
    ({ measure, label }) => `${measure}: ${label}`,
  )
  expect(new Set(labels).size).toBe(labels.length)
  expect(labels).toEqual(
    expect.arrayContaining([
      'throughput: sql-per-request, pool 10, 512 connections',
      'drain: noop, 1 worker',
      'scaling: engine, 100 products, 2 workers',
      'backlog: engine, 500,000 waiting',
      'aof: engine, no AOF',
    ]),
  )
})
