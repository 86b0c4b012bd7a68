import { validate, version } from 'uuid'
import { expect, test } from 'vitest'
import { newPurchaseId } from './purchase-id.ts'

test('every id is a UUID v7 of its own, also across refills of the random pool', () => {
  const ids = Array.from({ length: 5_000 }, newPurchaseId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(validate(id) && version(id)).toBe(7)
  // What two ids of one moment differ in is random, not a count.
  const tails = ids.map((id) => id.slice(-12))
  expect(new Set(tails).size).toBe(tails.length)
})

test('ids are in order of time', async () => {
  const earlier = newPurchaseId()
  const since = Date.now()
  await expect.poll(() => Date.now()).toBeGreaterThan(since + 1)
  expect(newPurchaseId() > earlier).toBe(true)
})
