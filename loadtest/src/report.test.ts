import { expect, test } from 'vitest'
import { runOf } from '../test/example-run.ts'
import { compareRuns, renderComparison } from './compare.ts'
import { paintFor } from './paint.ts'
import { renderReport } from './report.ts'
import type { Run } from './run.ts'

const plain = paintFor(false)

test('the report of an exact run', () => {
  expect(renderReport(runOf('locked', 100), plain)).toMatchInlineSnapshot(`
    "Locked strategy
      200 buyers at once · 1 unit each · 100 in stock · 200 connections

    Purchases
      accepted                            200
      confirmed                           100
      sold out                            100
      limit reached                         0
      not on sale                           0
      failed                                0
      refused                               0
      unanswered                            0
      lost                                  0
      POSTs sent again                      0
        answered as replays                 0
      purchases a second                1,235
        by the server's clock           2,346

    Times and sizes                       p50        p95        p99        max
      accept time                     1.23 ms    22.2 ms     333 ms     4.44 s
      time to outcome                 1.23 ms    22.2 ms     333 ms     4.44 s
      accepted to settled                   –
      queue wait                            –
      lock wait                             –
      settle                                –
      batch size                           50         22        333        100

    Verdict  product 7, counted in Postgres
      initial stock                       100
      units sold                          100
      ✓ final stock                         0
      ✓ sum of stock movements              0
      ✓ orders in the database            100
      ✓ oversold                            0
      ✓ undersold                           0
      ✓ lost                                0
      ✓ duplicates                          0
      out of order at the sell-out          0   for information

    Every invariant holds: 100 units sold, 0 left.
    "
  `)
})

test('the report of an oversold run says what was expected', () => {
  const text = renderReport(runOf('naive', 200), plain)
  expect(text).toContain('200 buyers at once · 1 unit each · 100 in stock · 200 connections · think 100 ms')
  expect(text).toMatch(/✗ final stock +86 {3}expected -100, initial stock less units sold\n/)
  expect(text).toMatch(/✗ oversold +100 {3}expected none\n/)
  expect(text).toMatch(/✓ lost +0\n/)
  expect(text.trimEnd().split('\n').at(-1)).toBe('OVERSOLD: 200 units sold of 100, 100 more than there were.')
})

test('the comparison', () => {
  expect(renderComparison(runOf('naive', 200), runOf('locked', 100), plain)).toMatchInlineSnapshot(`
    "Naive and locked, side by side
      200 buyers at once · 1 unit each · 100 in stock · 200 connections · think 100 ms

                                             naive        locked
      accepted                                 200           200
      confirmed                                200           100
      sold out                                   0           100
      limit reached                              0             0
      not on sale                                0             0
      failed                                     0             0
      refused                                    0             0
      unanswered                                 0             0
      lost                                       0             0
      POSTs sent again                           0             0
        answered as replays                      0             0
      purchases a second                     1,235         1,235
        by the server's clock                2,346         2,346

    Times and sizes
      accept time, p50                     1.23 ms       1.23 ms
                   p99                      333 ms        333 ms
      time to outcome, p50                 1.23 ms       1.23 ms
                       p99                  333 ms        333 ms
      accepted to settled, p50                   –             –
                           p99                   –             –
      queue wait, p50                            –             –
                  p99                            –             –
      lock wait, p50                             –             –
                 p99                             –             –
      settle, p50                                –             –
              p99                                –             –
      batch size, p50                           50            50
                  p99                          333           333

    Verdict  counted in Postgres
      initial stock                            100           100
      units sold                               200           100
      final stock                             86 ✗           0 ✓
      sum of stock movements                -100 ✗           0 ✓
      orders in the database                 200 ✓         100 ✓
      oversold                               100 ✗           0 ✓
      undersold                                0 ✓           0 ✓
      lost                                     0 ✓           0 ✓
      duplicates                               0 ✓           0 ✓

    Naive sold 200 of 100 units; locked sold 100 and every invariant holds.
    "
  `)
})

test.each([
  [
    'naive oversells, locked is exact',
    runOf('naive', 200),
    runOf('locked', 100),
    true,
    /^Naive sold 200 of 100 units; locked sold 100/,
  ],
  ['both are exact', runOf('naive', 100), runOf('locked', 100), false, /but so is naive/],
  [
    'locked oversells',
    runOf('naive', 200),
    runOf('locked', 101),
    false,
    /^The locked run is not exact\. OVERSOLD: 101 units/,
  ],
])('compared: %s', (_name, naive, locked, asExpected, sentence) => {
  expect(compareRuns(naive, locked)).toEqual({ asExpected, sentence: expect.stringMatching(sentence) })
})

test('nothing is wider than 100 columns, and colour is only on demand', () => {
  const reasons = [{ reason: `refused: ${'x'.repeat(300)}`, detail: '', count: 12_345 }]
  const wide = (run: Run): Run => ({ ...run, figures: { ...run.figures, reasons } })
  const [naive, locked] = [wide(runOf('naive', 200)), wide(runOf('locked', 100))]
  for (const text of [renderReport(naive, plain), renderComparison(naive, locked, plain)]) {
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    expect(text).not.toContain('\x1b')
  }
  expect(renderReport(naive, paintFor(true))).toContain('\x1b[31m✗\x1b[39m')
})
