import { customerPurchasesQuerySchema } from '@flash-sale/shared/contract/purchase-list.ts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cursorOf, pageOf, timestampOf } from './purchase-page.ts'

/** Until the year 4253, in microseconds. */
const times = fc.bigInt({ min: 0n, max: 2n ** 56n - 1n })

it('a cursor is the place it was made of', () => {
  fc.assert(
    fc.property(times, fc.uuid(), (settledAtUs, id) => {
      const query = customerPurchasesQuerySchema.parse({ cursor: cursorOf({ settledAtUs, id }) })
      expect(pageOf(query)).toEqual({ after: { settledAtUs, id }, limit: 50 })
    }),
  )
})

it('whatever passes as a cursor is a place with a time that can be written', () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...letters), minLength: 30, maxLength: 30 }),
      fc.constantFrom(...letters.slice(0, 16)),
      (rest, second) => {
        const query = customerPurchasesQuerySchema.parse({ cursor: `A${second}${rest}` })
        const { after } = pageOf(query)
        if (!after) throw new Error('no place')
        expect(timestampOf(after)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
        expect(cursorOf(after)).toBe(query.cursor)
      },
    ),
  )
})

it('a time is written to the microsecond', () => {
  expect(timestampOf({ settledAtUs: 1_000_007n, id: '' })).toBe('1970-01-01T00:00:01.000007Z')
})
