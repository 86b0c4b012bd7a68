import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jobData, jobLink, jobName, jobProgress, jobResult, jobSearchLink } from './job-words.ts'

const nameOf = (id: number): string | undefined => (id === 1 ? 'iPhone 15' : undefined)
const data = { productId: 1, customerId: 'c-17', quantity: 2, ticket: 41 }
const waiting = {
  status: 'waiting_for_lock',
  since: '2026-01-31T12:00:00.000Z',
  waitedMs: 240,
  batchesAhead: 3,
  purchasesAhead: 41,
}
const result = {
  outcome: 'confirmed',
  orderId: 17,
  settledAt: '2026-01-31T12:00:01.000Z',
  queueWaitMs: 12,
  lockWaitMs: 240,
  settleMs: 4,
  batchSize: 57,
  fencingToken: 9,
}

describe('the name says who buys what and what has become of it', () => {
  test.each<[string, object]>([
    ['2 × iPhone 15 for c-17', { data, progress: 0 }],
    ['2 × product 7 for c-17', { data: { ...data, productId: 7 } }],
    ['2 × iPhone 15 for c-17 (naive)', { data: { ...data, strategy: 'naive' } }],
    ['2 × iPhone 15 for c-17 · waiting for the lock, 3 batches ahead, 240 ms', { data, progress: waiting }],
    [
      '2 × iPhone 15 for c-17 · waiting for the lock, 1 batch ahead, 240 ms',
      { data, progress: { ...waiting, batchesAhead: 1 } },
    ],
    ['2 × iPhone 15 for c-17 · settling', { data, progress: { status: 'settling' } }],
    [
      '2 × iPhone 15 for c-17 · confirmed, order 17',
      { data, progress: waiting, returnvalue: result, finishedOn: 1 },
    ],
    ['2 × iPhone 15 for c-17 · sold out', { data, returnvalue: { outcome: 'sold_out' }, finishedOn: 1 }],
    // Failed while it waited: it waits no more.
    ['2 × iPhone 15 for c-17', { data, progress: waiting, finishedOn: 1 }],
    ['? × product ? for ?', {}],
    ['? × product ? for ?', { data: null }],
    ['? × product ? for ?', { data: ['c-17'], progress: [], returnvalue: 7, finishedOn: 1 }],
    ['-1 × product iPhone for ?', { data: { quantity: -1, productId: 'iPhone', customerId: { $gt: '' } } }],
    [`2 × iPhone 15 for ${'x'.repeat(60)}…`, { data: { ...data, customerId: 'x'.repeat(100_000) } }],
  ])('%s', (name, job) => {
    expect(jobName(job, nameOf)).toBe(name)
  })
})

test('data with the name of the product', () => {
  expect(jobData(data, nameOf)).toEqual({
    product: 'iPhone 15',
    productId: 1,
    customerId: 'c-17',
    quantity: 2,
    ticket: 41,
  })
  expect(jobData({ productId: 7 }, nameOf)).toEqual({ productId: 7 })
})

test('progress in words, with the time at which it was true', () => {
  expect(jobProgress(waiting)).toBe(
    'waiting for the lock, 3 batches ahead, 240 ms (41 purchases ahead), at 12:00:00.240',
  )
  expect(jobProgress({ status: 'settling', since: '2026-01-31T12:00:00.000Z' })).toBe(
    'settling, at 12:00:00.000',
  )
  expect(jobProgress({ ...waiting, since: 'never' })).not.toContain(', at ')
  expect(jobProgress(50)).toBe(50)
})

test('a result in the order in which one reads it', () => {
  expect(Object.entries(jobResult(result) as object)).toEqual([
    ['outcome', 'confirmed, order 17'],
    ['queueWaitMs', 12],
    ['lockWaitMs', 240],
    ['settleMs', 4],
    ['batchSize', 57],
    ['fencingToken', 9],
    ['settledAt', '2026-01-31T12:00:01.000Z'],
  ])
  expect(jobResult({ found: 1 })).toEqual({ found: 1 })
})

const id = '019ac2d0-0000-7000-8000-000000000001'
test.each<[string, object]>([
  ['/orders/17', { id, returnvalue: result }],
  ['/orders/9007199254740993', { id, returnvalue: { ...result, orderId: '9007199254740993' } }],
  [`/purchases/${id}`, { id, returnvalue: { outcome: 'sold_out' } }],
  [`/purchases/${id}`, { id, returnvalue: { orderId: '//evil.example' } }],
  ['/purchases/evilexamplex', { id: '../..//evil.example?x' }],
])('a job leads to %s', (href, job) => {
  expect(jobLink(job).href).toBe(href)
})

test('a job leads to the search where orders need a token', () => {
  expect(jobSearchLink({ id, returnvalue: result }).href).toBe(`/admin/purchases/search?q=${id}`)
})

test('whatever is in a job, it can be shown and leads to a page of ours', () => {
  const anyJson = fc.jsonValue({ maxDepth: 3 })
  const known = fc.record(
    {
      id: anyJson,
      data: fc.oneof(anyJson, fc.record({ productId: anyJson, customerId: anyJson, quantity: anyJson })),
      progress: fc.oneof(
        anyJson,
        fc.record({
          status: fc.constantFrom('waiting_for_lock', 'settling'),
          since: anyJson,
          waitedMs: anyJson,
          batchesAhead: anyJson,
          purchasesAhead: anyJson,
        }),
      ),
      returnvalue: fc.oneof(anyJson, fc.record({ outcome: fc.constant('confirmed'), orderId: anyJson })),
      finishedOn: fc.option(fc.nat()),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(known, (job) => {
      expect(jobName(job, nameOf).length).toBeLessThan(400)
      for (const shown of [jobData(job.data, nameOf), jobProgress(job.progress), jobResult(job.returnvalue)])
        expect(() => JSON.stringify(shown)).not.toThrow()
      expect(jobLink(job).href).toMatch(/^\/(orders|purchases)\/[\w-]*$/)
    }),
  )
})
