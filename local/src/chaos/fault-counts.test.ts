import { expect, test } from 'vitest'
import { countsOf, growthOf, type WorkerCounts } from './fault-counts.ts'

const retries = 'flash_sale_settle_retries_total'
const ofFaults = `${retries}{cause="fault"}` as const

const counts = (byWorker: Record<string, [faults: number, newerLeases: number]>): WorkerCounts =>
  countsOf(
    Object.entries(byWorker).map(([worker, [faults, newerLeases]]) => ({
      worker,
      atMs: 1,
      metrics: [
        {
          ...{ name: retries, help: '', type: 'counter' },
          values: [
            [faults, { cause: 'fault' }],
            [newerLeases, { cause: 'newer_lease' }],
          ],
        },
      ],
    })),
  )

test.each<[string, WorkerCounts, WorkerCounts, number]>([
  ['nothing', counts({ a: [2, 0] }), counts({ a: [2, 5] }), 0],
  ['one worker', counts({ a: [2, 0], b: [1, 0] }), counts({ a: [2, 0], b: [4, 0] }), 3],
  ['a worker that is new', counts({}), counts({ a: [1, 0] }), 1],
  ['a worker that was started anew', counts({ a: [9, 0] }), counts({ a: [2, 0] }), 2],
  ['a worker that is gone', counts({ a: [9, 0] }), counts({}), 0],
])('growth of %s', (_, before, after, growth) => {
  expect(growthOf(ofFaults, before, after)).toBe(growth)
})
