import { expect, test } from 'vitest'
import { countText, durationText, optionalCountText } from './numbers.ts'

test.each([
  [0, '0.00 ms'],
  [0.4249, '0.42 ms'],
  [9.994, '9.99 ms'],
  [9.996, '10.0 ms'],
  [99.94, '99.9 ms'],
  [99.96, '100 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [1234, '1.23 s'],
  [12_345, '12.3 s'],
])('%f ms is %s', (durationMs, text) => {
  expect(durationText(durationMs)).toBe(text)
})

test('counts', () => {
  expect(countText(1_234_567.4)).toBe('1,234,567')
  expect(countText(-500)).toBe('-500')
  expect(optionalCountText(null)).toBe('–')
})
