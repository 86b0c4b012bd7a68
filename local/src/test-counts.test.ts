import { expect, test } from 'vitest'
import { countTests } from './test-counts.ts'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
})
const report = (numPassedTests: number, ...testResults: unknown[]): string =>
  JSON.stringify({ numPassedTests, testResults, more: 'fields' })

test.each([
  ['all passed', report(2, file('passed', 'passed', 'passed')), true, { passed: 2, failed: 0 }],
  [
    'skipped ones do not count',
    report(1, file('passed', 'passed', 'skipped')),
    true,
    { passed: 1, failed: 0 },
  ],
  [
    'each failed test counts',
    report(1, file('failed', 'passed', 'failed', 'failed')),
    false,
    { passed: 1, failed: 2 },
  ],
  ['a file that could not be loaded', report(0, file('failed')), false, { passed: 0, failed: 1 }],
  [
    'a file that has left something open',
    report(1, file('failed', 'passed')),
    false,
    { passed: 1, failed: 1 },
  ],
  ['a fault outside of any test', report(1, file('passed', 'passed')), false, { passed: 1, failed: 1 }],
  ['no report', undefined, false, { passed: 0, failed: 1 }],
])('%s', (_, text, ok, counts) => {
  expect(countTests(text, ok)).toEqual(counts)
})
