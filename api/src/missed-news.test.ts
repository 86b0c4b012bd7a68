import { expect, test } from 'vitest'
import { createMissedNews } from './missed-news.ts'

const from = (sender: string, sent: number): string =>
  `{}\n01890a5d-ac96-774b-bcce-b302099a8057\n#${sent} ${sender}`

test.each([
  ['one after the other', [from('a', 1), from('a', 2), from('a', 3)], [false, false, false]],
  ['the first that is heard', [from('a', 7)], [false]],
  ['one is missing', [from('a', 7), from('a', 9), from('a', 10)], [false, true, false]],
  [
    'of another sender',
    [from('a', 1), from('b', 5), from('a', 2), from('b', 7)],
    [false, false, false, true],
  ],
  ['twice, and late', [from('a', 3), from('a', 3), from('a', 1), from('a', 4)], [false, false, false, false]],
  ['without a number', [from('a', 1), '{}', '', '{}\n#x a', '{}\n#3', from('a', 2)], Array(6).fill(false)],
])('%s', (_what, messages, expected) => {
  const missed = createMissedNews()
  expect(messages.map(missed.before)).toEqual(expected)
})

test('what was sent while nobody listened is not missed', () => {
  const missed = createMissedNews()
  missed.before(from('a', 1))
  missed.forget()
  expect([missed.before(from('a', 5)), missed.before(from('a', 7))]).toEqual([false, true])
})

test('more senders than there can be do not pile up', () => {
  const missed = createMissedNews()
  for (let n = 0; n < 1_000; n += 1) missed.before(from(`w-${n}`, 1))
  expect(missed.before(from('w-0', 3))).toBe(true)
  missed.before(from('w-new', 1))
  expect(missed.before(from('w-0', 9))).toBe(false)
})
