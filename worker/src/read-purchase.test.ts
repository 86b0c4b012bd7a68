import type { PurchaseJob } from '@flash-sale/shared/queue.ts'
import { expect, test } from 'vitest'
import { readPurchase } from './read-purchase.ts'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const timestamp = 1_700_000_000_000
const data: PurchaseJob = { productId: 1, customerId: 'c-1', quantity: 2 }
const purchase = { id, productId: 1, customerId: 'c-1', quantity: 2, acceptedAtMs: timestamp }
const read = (changed: unknown) => readPurchase({ id, timestamp, data: changed as PurchaseJob })

test.each([['without a ticket', data]])('a purchase %s', (_what, given) => {
  expect(read(given)).toEqual({ kind: 'purchase', purchase, naive: false })
})

test.each([
  ['no object', null],
  ['an array', [data]],
  ['an unknown field', { ...data, tickets: 'n' }],
  ['a ticket alone', { ticket: 7 }],
])('%s can never be settled', (_what, given) => {
  expect(read(given)).toMatchObject({ kind: 'unsettleable', id })
})
