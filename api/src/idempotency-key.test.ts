import { customerIdSchema } from '@flash-sale/shared/contract/purchase.ts'
import fc from 'fast-check'
import { validate, version } from 'uuid'
import { expect, test } from 'vitest'
import { idempotencyKeyOf, purchaseIdOf } from './idempotency-key.ts'

const requestWith = (...keys: string[]) => ({
  headers: keys.length === 0 ? {} : { 'idempotency-key': keys.join(', ') },
  headersDistinct: keys.length === 0 ? {} : { 'idempotency-key': keys },
})

test('no header is no key', () => {
  expect(idempotencyKeyOf(requestWith())).toEqual({ kind: 'none' })
})

test.each([
  ['a UUID', '6f1f6ad2-6d0c-4f39-8f0e-6ad1f9f7d6ce'],
  ['one character', '0'],
  ['255 characters', 'k'.repeat(255)],
  ['every printable character', Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n)).join('')],
  ['quotation marks, taken as they stand', '"k-1"'],
  ['a comma', 'a, b'],
])('%s is a key', (_what, key) => {
  expect(idempotencyKeyOf(requestWith(key))).toEqual({ kind: 'key', key })
})

test.each([
  ['nothing', [''], 'got 0 characters'],
  ['256 characters', ['k'.repeat(256)], 'got 256 characters'],
  ['a tab', ['a\tb'], 'got others'],
  ['a line break at the end', ['a\n'], 'got others'],
  ['NUL', ['a\0'], 'got others'],
  ['DEL', ['a\u007f'], 'got others'],
  ['Latin-1', ['café'], 'got others'],
  ['two headers', ['a', 'b'], 'got 2 headers'],
  ['the same header twice', ['a', 'a'], 'got 2 headers'],
])('%s is no key', (_what, keys, got) => {
  expect(idempotencyKeyOf(requestWith(...keys))).toEqual({
    kind: 'invalid',
    why: `expected one Idempotency-Key of 1 to 255 printable ASCII characters, ${got}`,
  })
})

test('the id of a customer and a key never changes: purchases of old are found by it', () => {
  expect(purchaseIdOf('c-1', 'k-1')).toBe('a98dbe31-3dda-81b7-bbea-f628b0c0eb8b')
})

const none = ['', ''] as const
const customers = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 64 })
  .filter((text) => customerIdSchema.safeParse(text).success)
const keys = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 255 })
/** Pairs that read the same when they are put together without care. */
const cuts = fc
  .tuple(fc.string({ unit: 'grapheme-ascii', minLength: 3, maxLength: 20 }), fc.nat(), fc.nat())
  .map(([text, ...ats]) =>
    ats.map((at) => {
      const cut = 1 + (at % (text.length - 1))
      return [text.slice(0, cut), text.slice(cut)] as const
    }),
  )
const pairs = fc.oneof(
  cuts,
  fc.array(fc.tuple(customers, keys), { minLength: 2, maxLength: 2 }),
  fc.tuple(customers, keys, keys).map(([customer, a, b]) => [[customer, a] as const, [customer, b] as const]),
  fc.tuple(customers, customers, keys).map(([a, b, key]) => [[a, key] as const, [b, key] as const]),
)

test('the same customer and key give the same id, any others another, and every id is a UUID v8', () => {
  fc.assert(
    fc.property(pairs, ([a = none, b = none]) => {
      const [idA, idB] = [purchaseIdOf(...a), purchaseIdOf(...b)]
      expect(purchaseIdOf(...a)).toBe(idA)
      expect(idA === idB).toBe(a[0] === b[0] && a[1] === b[1])
      expect(validate(idA) && version(idA)).toBe(8)
      expect(idA).toBe(idA.toLowerCase())
    }),
    { numRuns: 2_000 },
  )
})
