import { expect, test } from 'vitest'
import { readOptions, UsageError } from './options.ts'
import { defaultMeasures } from './step.ts'

const given = ['--database-url', 'postgres://u:secret@h/d', '--redis-url', 'redis://:secret@h']

test('the defaults', () => {
  expect(readOptions([])).toEqual({
    rounds: 3,
    measures: defaultMeasures,
    stores: undefined,
    directory: 'bench-results',
    quick: false,
    help: false,
  })
})

test.each<[string, string[], object]>([
  ['one round is enough to try it', ['--quick'], { quick: true, rounds: 1 }],
  ['unless more are wanted', ['--quick', '--rounds', '2'], { quick: true, rounds: 2 }],
  ['measures in their own order', ['--only', 'drain, throughput'], { measures: ['throughput', 'drain'] }],
  ['a directory', ['--out', 'elsewhere'], { directory: 'elsewhere' }],
  [
    'given stores',
    [...given, '--empty-them'],
    { stores: { databaseUrl: 'postgres://u:secret@h/d', redisUrl: 'redis://:secret@h' } },
  ],
])('%s', (_name, args, options) => {
  expect(readOptions(args)).toMatchObject(options)
})

test.each<[string, string[], RegExp]>([
  ['no rounds', ['--rounds', '0'], /--rounds: expected a whole number from 1 to 20, got "0"/],
  ['odd rounds', ['--rounds', '2.5'], /--rounds: .*got "2.5"/],
  ['an unknown measure', ['--only', 'speed'], /--only: expected some of throughput, .*got "speed"/],
  ['no measure', ['--only', ''], /--only: .*got ""/],
  ['an unknown option', ['--fast'], /--fast/],
  ['an argument', ['throughput'], /throughput/],
  ['no directory', ['--out', ''], /--out/],
  ['one store', ['--redis-url', 'redis://h', '--empty-them'], /together, got one/],
  ['stores that may not be emptied', given, /empties the given database .* expected --empty-them/],
  [
    'a measure that needs a Redis of ours',
    [...given, '--empty-them', '--only', 'aof'],
    /--only aof: .*second/,
  ],
  ['nothing to empty', ['--empty-them'], /--empty-them: expected .* got neither/],
])('refuses %s', (_name, args, message) => {
  expect(() => readOptions(args)).toThrow(UsageError)
  expect(() => readOptions(args)).toThrow(message)
})

test('a URL that is none is not repeated: there may be a password in it', () => {
  const read = () => readOptions(['--database-url', 'mysql://secret', '--redis-url', 'x', '--empty-them'])
  expect(read).toThrow(/--database-url: expected a URL that begins with postgres:/)
  expect(read).not.toThrow(/secret/)
})
