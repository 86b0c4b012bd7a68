import { expect, test } from 'vitest'
import { productMinutes } from './product-minute.ts'
import { productOutcomes } from './product-outcomes.ts'
import { type ProductsReport, packProducts, type ReportedMinute, unpackProducts } from './product-report.ts'

const nowMs = Date.UTC(2030, 0, 31, 18)

const reportOf = (fields: Partial<ProductsReport>): ProductsReport => ({
  atMs: nowMs,
  ...{ minutes: [], allMinutes: true, outcomes: [], allOutcomes: true },
  ...fields,
})
const minute = (productId: number, fields: Partial<ReportedMinute> = {}): ReportedMinute => ({
  ...{ productId, settled: 10, batches: 1, settledPerS: 1, lockWaits: [[0, 10]] },
  ...fields,
})
/** 100 ms is in the bin up to 108 ms. */
const bin100 = 21

test.each<[what: string, reports: Partial<ProductsReport>[], expected: object | undefined]>([
  ['nobody settled it', [{}], undefined],
  [
    'two workers are added up, their waits as well',
    [
      { minutes: [minute(7)] },
      { minutes: [minute(7, { settled: 30, batches: 2, settledPerS: 3, lockWaits: [[bin100, 30]] })] },
    ],
    { settled: 40, batches: 3, settledPerS: 4, lockWaitMsP50: 108, lockWaitMsP99: 108 },
  ],
  [
    'no lock was taken',
    [{ minutes: [minute(7, { lockWaits: [] })] }],
    { settled: 10, batches: 1, settledPerS: 1 },
  ],
  [
    'too early for a speed',
    [{ minutes: [{ productId: 7, settled: 10, batches: 1, lockWaits: [[0, 10]] }] }],
    { settled: 10, batches: 1, lockWaitMsP50: 1, lockWaitMsP99: 1 },
  ],
  [
    'a silent worker has no speed',
    [{ minutes: [minute(7)] }, { atMs: nowMs - 3_000, minutes: [minute(7)] }],
    { settled: 20, batches: 2, settledPerS: 1, lockWaitMsP50: 1, lockWaitMsP99: 1 },
  ],
  ['a worker that is gone', [{ atMs: nowMs - 10_000, minutes: [minute(7)] }], undefined],
  [
    'a worker that counts too many products, this one among them',
    [{ minutes: [minute(7)], allMinutes: false }],
    { settled: 10, batches: 1, settledPerS: 1, lockWaitMsP50: 1, lockWaitMsP99: 1 },
  ],
  [
    '… and not this one: a part would pass for the whole',
    [{ minutes: [minute(7)] }, { minutes: [minute(8)], allMinutes: false }],
    { settled: 10, batches: 1 },
  ],
])('the minute of a product: %s', (_what, reports, expected) => {
  const found = productMinutes(reports.map(reportOf), nowMs).get(7)
  expect(found).toEqual(expected && { productId: 7, ...expected })
})

test.each<[what: string, reports: Partial<ProductsReport>[], expected: number[] | undefined]>([
  ['none', [{}], undefined],
  [
    'of two workers',
    [{ outcomes: [[7, 3, 1, 0, 0, 0]] }, { outcomes: [[7, 1, 0, 5, 0, 0]] }],
    [4, 1, 5, 0, 0],
  ],
  ['one has none', [{ outcomes: [[7, 3, 1, 0, 0, 2]] }, {}], [3, 1, 0, 0, 2]],
  ['one cannot tell', [{ outcomes: [[7, 3, 1, 0, 0, 0]] }, { allOutcomes: false }], undefined],
  [
    'one cannot tell of others',
    [{ outcomes: [[7, 3, 1, 0, 0, 0]] }, { outcomes: [[7, 1, 0, 0, 0, 0]], allOutcomes: false }],
    [4, 1, 0, 0, 0],
  ],
])('the outcomes of a product: %s', (_what, reports, expected) => {
  const found = productOutcomes(reports.map(reportOf)).get(7)
  expect(found && Object.values(found)).toEqual(expected)
})

test('a report is read as it was written, and nonsense is none', async () => {
  const report = reportOf({ minutes: [minute(7)], outcomes: [[7, 1, 2, 3, 4, 5]], allOutcomes: false })
  expect(await unpackProducts(await packProducts(report))).toEqual(report)
  expect(await unpackProducts(Buffer.from('nonsense'))).toBeUndefined()
  const wrong = { ...report, minutes: [{ ...minute(7), settled: -1 }] }
  expect(await unpackProducts(await packProducts(wrong))).toBeUndefined()
})
