import type { Outcome } from '@flash-sale/shared/contract/purchase.ts'
import { expect, onTestFinished, test } from 'vitest'
import { answering, type Handler, resetting, serve } from '../test/http-server.ts'
import { createClient } from './client.ts'
import { reread } from './reread.ts'
import type { BuyerResult } from './workload.ts'

const view = (status: Outcome, waits: { queueWaitMs?: number } = {}) => ({
  jobId: 'j',
  productId: 1,
  quantity: 1,
  status,
  acceptedAt: '2026-01-01T00:00:00.000Z',
  ...waits,
})
const settled = (waits: { queueWaitMs?: number } = {}): BuyerResult => ({
  kind: 'settled',
  jobId: 'j',
  acceptMs: 1,
  outcomeMs: 2,
  outcome: 'confirmed',
  view: view('confirmed', waits),
})
const lost: BuyerResult = { kind: 'lost', jobId: 'l', acceptMs: 1, reason: 'unknown-purchase' }

async function rereadFrom(handler: Handler, results: BuyerResult[]): Promise<BuyerResult[]> {
  const client = createClient(await serve(handler), 1)
  onTestFinished(() => client.destroy('the test is over'))
  return await reread(client, results)
}

test('takes the waits that were missing, and asks only for those', async () => {
  const answer = answering(200, view('confirmed', { queueWaitMs: 4 }))
  expect(await rereadFrom(answer, [settled(), settled({ queueWaitMs: 9 }), lost])).toMatchObject([
    { view: { queueWaitMs: 4 } },
    { view: { queueWaitMs: 9 } },
    lost,
  ])
})

test('marks an outcome that changed', async () => {
  const [result] = await rereadFrom(answering(200, view('sold_out')), [settled()])
  expect(result).toEqual({ ...settled(), changedTo: 'sold_out' })
})

test.each<[string, Handler]>([
  ['a 404', answering(404, { code: 'unknown-purchase', detail: '' })],
  ['a 503', answering(503, {})],
  ['a reset connection', resetting],
])('%s leaves what was known', async (_name, handler) => {
  expect(await rereadFrom(handler, [settled()])).toEqual([settled()])
})
