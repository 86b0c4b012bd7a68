import { compareRuns } from './compare.ts'
import { countText } from './numbers.ts'
import { conclusionOf } from './report.ts'
import type { Run } from './run.ts'

interface TestCase {
  name: string
  /** Why it failed, in one line; undefined: it passed. */
  failure: string | undefined
}

interface Suite {
  name: string
  seconds: number
  cases: TestCase[]
  /** What is to be read beside the cases. */
  output: string
}

/** What is no `Char` of XML 1.0 (production 2): it has no way to write that, not even as a character reference. */
const unwritable = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu
const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

/** Text as it may stand in XML, between tags and in attributes; what XML cannot hold becomes U+FFFD. */
export const xmlText = (text: string): string =>
  text
    .toWellFormed()
    .replace(unwritable, '\uFFFD')
    .replace(/[&<>"'\t\n\r]/g, (character) => entities[character] ?? character)

const secondsOf = ({ course }: Run): number => (course.stockLeft.length * course.binMs) / 1000

const invariantsOf = (run: Run): Suite => ({
  name: `load test, ${run.settings.strategy}`,
  seconds: secondsOf(run),
  cases: run.verdict.checks.map(({ name, figure, holds, expected }) => ({
    name,
    failure: holds ? undefined : `expected ${expected}, got ${countText(figure)}`,
  })),
  output: conclusionOf(run),
})

/** That naive breaks invariants is what a comparison is to show: only that it does is a case. */
const comparisonOf = (naive: Run, locked: Run): Suite => {
  const { asExpected, sentence } = compareRuns(naive, locked)
  return {
    name: 'load test, naive beside locked',
    seconds: secondsOf(naive),
    cases: [{ name: 'locked is exact and naive is not', failure: asExpected ? undefined : sentence }],
    output: sentence,
  }
}

const caseXml = (suite: string, { name, failure }: TestCase): string => {
  const start = `    <testcase classname="${xmlText(suite)}" name="${xmlText(name)}"`
  if (failure === undefined) return `${start}/>`
  const text = xmlText(failure)
  return `${start}>\n      <failure message="${text}">${text}</failure>\n    </testcase>`
}

const countsOf = (cases: readonly TestCase[], seconds: number): string => {
  const failures = cases.filter(({ failure }) => failure !== undefined).length
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="${seconds.toFixed(3)}"`
}

const suiteXml = ({ name, seconds, cases, output }: Suite, date: string): string =>
  [
    `  <testsuite name="${xmlText(name)}" timestamp="${date}" ${countsOf(cases, seconds)}>`,
    ...cases.map((testCase) => caseXml(name, testCase)),
    `    <system-out>${xmlText(output)}</system-out>`,
    '  </testsuite>',
  ].join('\n')

/**
 * The verdict as JUnit XML: a test case for each invariant, and, where naive and locked ran, one for what came of it.
 * A case fails exactly when the load test ends with exit code 3. `date`: ISO 8601.
 */
export function renderJunit(runs: readonly Run[], date: string): string {
  const [first, second] = runs
  const suites =
    first && second ? [invariantsOf(second), comparisonOf(first, second)] : runs.map(invariantsOf)
  const seconds = suites.reduce((sum, suite) => sum + suite.seconds, 0)
  const counts = countsOf(
    suites.flatMap(({ cases }) => cases),
    seconds,
  )
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="flash sale load test" ${counts}>`,
    ...suites.map((suite) => suiteXml(suite, date)),
    '</testsuites>',
    '',
  ].join('\n')
}
