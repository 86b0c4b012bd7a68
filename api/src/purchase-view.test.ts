import { describe, expect, test } from 'vitest'
import {
  type PurchaseBullJob,
  type PurchaseRow,
  pollAfterMs,
  ticketOf,
  viewOfCompletedJob,
  viewOfPendingJob,
  viewOfRow,
  withPlace,
} from './purchase-view.ts'

const jobId = '01890a5d-ac96-774b-bcce-b302099a8057'
const acceptedAtMs = Date.UTC(2026, 0, 31, 12)

const jobOf = (fields: Record<string, unknown>): PurchaseBullJob =>
  ({
    data: { productId: 1, customerId: 'c-1', quantity: 2 },
    timestamp: acceptedAtMs,
    progress: 0,
    returnvalue: null,
    ...fields,
  }) as unknown as PurchaseBullJob

test.each([
  [-5, 50],
  [0, 50],
  [250, 50],
  [1_000, 200],
  [5_000, 1_000],
  [3_600_000, 1_000],
])('a purchase of %i ms is asked for again after %i ms', (ageMs, expectedMs) => {
  expect(pollAfterMs(ageMs)).toBe(expectedMs)
})

test.each([
  [0, 50],
  [500, 250],
  [60_000, 2_000],
])('a purchase with %i ms to go is asked for again after %i ms', (etaMs, expectedMs) => {
  expect(pollAfterMs(3_600_000, etaMs)).toBe(expectedMs)
})

describe('the place of a purchase', () => {
  const place = { aheadEstimate: 12, etaMs: 400 }
  const shown = { ...place, pollAfterMs: 200 }
  const settling = { processedOn: 1, progress: { status: 'settling', since: '' } }
  test.each([
    ['is shown while it is queued', {}, shown],
    ['is shown while it waits for the lock', { processedOn: 1 }, shown],
    ['is not shown while it is settled', settling, { pollAfterMs: 200 }],
  ])('%s', (_what, fields, expected) => {
    const view = viewOfPendingJob(jobId, jobOf(fields), place)
    expect(view).toMatchObject(expected)
    expect('aheadEstimate' in view).toBe('aheadEstimate' in expected)
  })
  test('is brought up to date, but not once there is an outcome', () => {
    const waiting = viewOfPendingJob(jobId, jobOf({}), place)
    const later = withPlace(waiting, { aheadEstimate: 2, etaMs: 300 }, acceptedAtMs)
    expect(later).toEqual({ ...waiting, aheadEstimate: 2, etaMs: 300, pollAfterMs: 150 })
    const settled = { ...waiting, status: 'sold_out' as const }
    expect(withPlace(settled, place, acceptedAtMs)).toBe(settled)
  })
  test.each([
    [7, 7],
    [0, 0],
    [undefined, undefined],
    ['7', undefined],
    [1.5, undefined],
    [null, undefined],
  ])('a ticket of %j counts as %j', (ticket, expected) => {
    expect(ticketOf(jobOf({ data: { productId: 1, customerId: 'c', quantity: 1, ticket } }))).toBe(expected)
  })
})

describe('a job without outcome', () => {
  const processedOn = acceptedAtMs + 30
  test.each([
    ['that waits', {}, 'queued', undefined],
    ['that was taken', { processedOn }, 'waiting_for_lock', 30],
    ['in line', { processedOn, progress: { status: 'waiting_for_lock', since: '' } }, 'waiting_for_lock', 30],
    ['being settled', { processedOn, progress: { status: 'settling', since: '' } }, 'settling', 30],
    ['with unknown progress', { processedOn, progress: { at: 5 } }, 'waiting_for_lock', 30],
    ['with null progress', { processedOn, progress: null }, 'waiting_for_lock', 30],
    ['taken by a worker whose clock is behind', { processedOn: acceptedAtMs - 5 }, 'waiting_for_lock', 0],
    ['that failed', { processedOn, finishedOn: processedOn, failedReason: 'bug' }, 'queued', undefined],
  ])('%s', (_what, fields, status, queueWaitMs) => {
    const view = viewOfPendingJob(jobId, jobOf(fields), undefined, acceptedAtMs + 1_000)
    const wait = queueWaitMs === undefined ? {} : { queueWaitMs }
    const acceptedAt = '2026-01-31T12:00:00.000Z'
    expect(view).toEqual({ jobId, productId: 1, quantity: 2, status, acceptedAt, pollAfterMs: 200, ...wait })
  })
})

describe('a finished job', () => {
  const returnvalue = { outcome: 'confirmed', orderId: 7, settledAt: '', queueWaitMs: 1, lockWaitMs: 2 }
  test('shows its outcome', () => {
    const view = viewOfCompletedJob(jobId, jobOf({ finishedOn: 1, returnvalue }))
    expect(view).toMatchObject({ status: 'confirmed', orderId: 7, lockWaitMs: 2 })
    expect(view).not.toHaveProperty('pollAfterMs')
  })
  test.each([
    ['not finished', { returnvalue }],
    ['failed', { finishedOn: 1, failedReason: 'bug', returnvalue }],
    ['without a result', { finishedOn: 1 }],
    ['with a result of another shape', { finishedOn: 1, returnvalue: { ok: true } }],
  ])('%s: no outcome', (_what, fields) => {
    expect(viewOfCompletedJob(jobId, jobOf(fields))).toBeUndefined()
  })
})

test.each([
  ['42', 42],
  ['9007199254740991', 9007199254740991],
  ['9007199254740993', '9007199254740993'],
  [null, undefined],
])('order id %s', (order_id, orderId) => {
  const at = new Date(acceptedAtMs)
  const row: PurchaseRow = {
    id: jobId,
    product_id: 1,
    customer_id: 'c-1',
    quantity: 2,
    outcome: order_id === null ? 'sold_out' : 'confirmed',
    fencing_token: '7',
    accepted_at: at,
    settled_at: at,
    order_id,
  }
  expect(viewOfRow(row).orderId).toBe(orderId)
})
