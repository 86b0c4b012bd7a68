import { expect, test } from 'vitest'
import { z } from 'zod'
import { validate } from './validate.ts'

const schema = z.strictObject({
  count: z.int().min(1).default(1),
  name: z.string().max(5).optional(),
  at: z.iso
    .datetime({ offset: true })
    .refine((time) => Date.parse(time) > 0, 'expected a time after 1970')
    .optional(),
  list: z.array(z.strictObject({ on: z.boolean() })).optional(),
})

test('valid: defaults are filled in', () => {
  expect(validate(schema, {})).toEqual({ valid: true, data: { count: 1 } })
})

test.each([
  ['nothing at all', undefined, '', 'expected an object, got nothing'],
  ['null', null, '', 'expected an object, got null'],
  ['an array', [], '', 'expected an object, got an array'],
  ['a huge number', { count: 1e300 }, 'count', 'expected at most 9007199254740991, got 1e+300'],
  ['a long text', { count: 'x'.repeat(100) }, 'count', `expected a number, got "${'x'.repeat(40)}…"`],
  [
    'a text cut within a pair',
    { count: `${'x'.repeat(39)}🛒` },
    'count',
    `expected a number, got "${'x'.repeat(39)}\ufffd…"`,
  ],
  ['a long text counted', { name: 'abcdef' }, 'name', 'expected at most 5 characters, got 6'],
  [
    'no time: said once',
    { at: 'now' },
    'at',
    'expected a time in ISO 8601 with its offset, such as 2030-01-31T18:00:00Z, got "now"',
  ],
  [
    'a time out of range',
    { at: '1969-01-01T00:00:00Z' },
    'at',
    'expected a time after 1970, got "1969-01-01T00:00:00Z"',
  ],
  [
    'something nested',
    { list: [{ on: true }, { on: 'yes' }] },
    'list.1.on',
    'expected true or false, got "yes"',
  ],
  ['a nested unknown field', { list: [{ on: true, off: 1 }] }, 'off', 'expected no field of this name'],
  ['a key with a lone surrogate', { '\ud800': 1 }, '\ufffd', 'expected no field of this name'],
])('%s', (_what, body, path, message) => {
  expect(validate(schema, body)).toEqual({ valid: false, errors: [{ path, message }] })
})
