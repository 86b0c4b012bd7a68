import { expect, test } from 'vitest'
import { parseVerifyOptions } from './verify-options.ts'

test('all products, as text', () => {
  expect(parseVerifyOptions([])).toEqual({ kind: 'verify', productId: undefined, json: false })
})

test('one product, as JSON', () => {
  expect(parseVerifyOptions(['--json', '--product', '7'])).toEqual({
    kind: 'verify',
    productId: 7,
    json: true,
  })
})

test('help, whatever else is asked for', () => {
  expect(parseVerifyOptions(['--product', 'x', '--help'])).toEqual({ kind: 'help' })
})

test.each([
  [['--product', '0'], 'expected the id of a product, got "0"'],
  [['--product', '1e3'], 'expected the id of a product, got "1e3"'],
  [['--product', '2147483648'], 'expected the id of a product, got "2147483648"'],
  [['--product'], 'argument missing'],
  [['--json=yes'], 'does not take an argument'],
  [['--verbose'], "Unknown option '--verbose'"],
  [['7'], "Unexpected argument '7'"],
])('bad usage: %j', (args, message) => {
  expect(parseVerifyOptions(args)).toEqual({
    kind: 'bad usage',
    message: expect.stringContaining(message),
  })
})
