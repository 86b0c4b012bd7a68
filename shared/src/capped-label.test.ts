import { expect, it } from 'vitest'
import { cappedLabel } from './capped-label.ts'

it('names the first ones, and keeps their names', () => {
  const label = cappedLabel<number>(2)
  expect([7, 3, 7, 9, 3, 9].map(label)).toEqual([7, 3, 7, 'other', 3, 'other'])
})
