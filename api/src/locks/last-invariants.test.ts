import type { Verification } from '@flash-sale/shared/contract/verification.ts'
import { expect, test } from 'vitest'
import { rememberInvariants } from './last-invariants.ts'

const intact: Verification = {
  productId: 7,
  initialStock: 100,
  restocked: 50,
  sold: 120,
  orders: 120,
  stock: 30,
  movements: 30,
  oversold: 0,
  duplicates: 0,
  undersold: 0,
  overLimit: 0,
  fencingBreaches: 0,
  ok: true,
}

test.each<[what: string, counted: Partial<Verification>, broken: string[]]>([
  ['intact', {}, []],
  ['oversold', { ok: false, oversold: 3 }, ['oversold: 3']],
  [
    'two at once',
    { ok: false, undersold: 1, fencingBreaches: 2 },
    ['undersold: 1', 'breaches of the fencing: 2'],
  ],
  [
    'a unit that went unbooked',
    { ok: false, stock: 29 },
    ['stock: 30 by the sales, 30 by the movements, 29 in the table'],
  ],
  [
    'a movement too much',
    { ok: false, movements: 31 },
    ['stock: 30 by the sales, 31 by the movements, 30 in the table'],
  ],
])('%s', (_what, counted, broken) => {
  const last = rememberInvariants(() => Date.UTC(2030, 0, 31, 18))
  last.remember({ ...intact, ...counted })
  expect(last.of(7)).toEqual({ at: '2030-01-31T18:00:00.000Z', ok: broken.length === 0, broken })
  expect(last.of(8)).toBeUndefined()
})

test('a thousand are remembered, the last of each', () => {
  const last = rememberInvariants()
  for (let productId = 1; productId <= 1_001; productId += 1) last.remember({ ...intact, productId })
  last.remember({ ...intact, productId: 1_001, ok: false, oversold: 1 })
  expect(last.of(1)).toBeUndefined()
  expect(last.of(2)?.ok).toBe(true)
  expect(last.of(1_001)?.broken).toEqual(['oversold: 1'])
})
