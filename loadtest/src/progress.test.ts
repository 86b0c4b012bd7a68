import { expect, test } from 'vitest'
import { progressBar, progressText, showProgress } from './progress.ts'
import { emptyTally } from './workload.ts'

const half = {
  ...emptyTally(1000),
  accepted: 990,
  confirmed: 300,
  soldOut: 190,
  otherwise: 5,
  notAccepted: 5,
}

test('words', () => {
  expect(progressText(emptyTally(200))).toBe('accepted 0 · confirmed 0 · sold out 0 · waiting 200')
  expect(progressText({ ...emptyTally(4), accepted: 4, confirmed: 1, soldOut: 2 })).toBe(
    'accepted 4 · confirmed 1 · sold out 2 · waiting 1',
  )
  expect(progressText(half)).toBe(
    'accepted 990 · confirmed 300 · sold out 190 · otherwise 5 · not accepted 5 · waiting 500',
  )
})

test('the bar shows the share that has ended and fits the screen', () => {
  expect(progressBar(half, 200)).toMatch(/^█{12}░{12} accepted 990/)
  for (let columns = 0; columns < 140; columns += 1)
    expect(progressBar(half, columns).length).toBeLessThanOrEqual(Math.max(columns - 1, 0))
})

test('a pipe gets a last line, a terminal gets its line back', () => {
  const shownOn = (isTTY: boolean): string => {
    let shown = ''
    const stop = showProgress(
      { isTTY, columns: 80, write: (text) => (shown += text) },
      emptyTally(1),
      'locked',
    )
    stop()
    return shown
  }
  expect(shownOn(false)).toBe('locked: accepted 0 · confirmed 0 · sold out 0 · waiting 1\n')
  const clearLine = '\r\x1b[2K'
  const [before, drawn, after] = shownOn(true).split(clearLine)
  expect([before, after]).toEqual(['', ''])
  expect(drawn).toMatch(/^locked ░+ accepted 0 /)
})
