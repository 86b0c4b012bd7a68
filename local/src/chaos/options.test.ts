import { expect, test } from 'vitest'
import type { Fault } from './fault.ts'
import { readOptions, UsageError } from './options.ts'

const fault = (name: string): Fault => ({
  name,
  number: 1,
  what: '',
  expects: '',
  inject: async () => undefined,
})
const all = [fault('one'), fault('two'), fault('three')]

test('reads what is asked for', () => {
  const options = readOptions(['--seed', '7', '--rounds', '3', '--only', 'two, one', '--stacks', '2'], all)
  expect(options).toMatchObject({ seed: 7, rounds: 3, stacks: 2, list: false, json: undefined })
  expect(options.faults.map(({ name }) => name)).toEqual(['two', 'one'])
})

test('draws from all faults with a seed of its own when nothing is asked for', () => {
  const { seed, rounds, faults } = readOptions([], all)
  expect(faults).toBe(all)
  expect(rounds).toBe(20)
  expect(Number.isSafeInteger(seed)).toBe(true)
})

test.each([
  [['--seed', 'x'], '--seed: expected a whole number'],
  [['--seed', '2147483647'], '--seed: expected a whole number from 0 to 2147483627'],
  [['--rounds', '0'], '--rounds: expected a whole number from 1'],
  [['--only', 'four'], '--only: there is no fault "four"'],
  [['--frehs'], "Unknown option '--frehs'"],
])('%j is refused', (args, message) => {
  expect(() => readOptions(args, all)).toThrow(UsageError)
  expect(() => readOptions(args, all)).toThrow(message)
})
