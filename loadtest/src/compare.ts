import type { Distribution } from './latency.ts'
import { countText } from './numbers.ts'
import type { Paint } from './paint.ts'
import { conclusionOf, countRowsOf, distributionRowsOf, headlineOf, reasonLinesOf } from './report.ts'
import type { Run } from './run.ts'
import type { Check } from './verdict.ts'

export interface Comparison {
  /** True when the locked run is exact and the naive one is not. */
  asExpected: boolean
  sentence: string
}

/** Judges a naive and a locked run against each other. */
export function compareRuns(naive: Run, locked: Run): Comparison {
  if (!locked.verdict.exact)
    return { asExpected: false, sentence: `The locked run is not exact. ${conclusionOf(locked)}` }
  if (naive.verdict.exact)
    return {
      asExpected: false,
      sentence:
        'Locked is exact, but so is naive: its race did not show. Try more buyers, more stock or a longer --think.',
    }
  const [naiveSold, lockedSold] = [countText(naive.verification.sold), countText(locked.verification.sold)]
  const stock = countText(naive.verification.initialStock + naive.verification.restocked)
  return {
    asExpected: true,
    sentence: `Naive sold ${naiveSold} of ${stock} units; locked sold ${lockedSold} and every invariant holds.`,
  }
}

const labelWidth = 30
const columnWidth = 14

const line = (label: string, naive: string, locked: string): string =>
  `  ${label.padEnd(labelWidth)}${naive.padStart(columnWidth)}${locked.padStart(columnWidth)}`

const marked = (check: Check | undefined, paint: Paint): string => {
  if (check === undefined) return '–'.padStart(columnWidth)
  const text = countText(check.figure).padStart(columnWidth - 2)
  return check.holds ? `${text} ${paint.good('✓')}` : `${paint.bad(text)} ${paint.bad('✗')}`
}

const checkLines = (naive: Run, locked: Run, paint: Paint): string[] => {
  const names = new Set([...naive.verdict.checks, ...locked.verdict.checks].map(({ name }) => name))
  return [...names].map((name) => {
    const [left, right] = [naive, locked].map(({ verdict }) =>
      verdict.checks.find((check) => check.name === name),
    )
    return `  ${name.padEnd(labelWidth)}${marked(left, paint)}${marked(right, paint)}`
  })
}

const distributionLines = (naive: Run, locked: Run): string[] => {
  const lockedRows = distributionRowsOf(locked)
  return distributionRowsOf(naive).flatMap(([label, left, text], index) => {
    const right = lockedRows[index]?.[1] ?? null
    const at = (distribution: Distribution | null, part: 'p50' | 'p99'): string =>
      distribution === null ? '–' : text(distribution[part])
    return [
      line(`${label}, p50`, at(left, 'p50'), at(right, 'p50')),
      line(`${' '.repeat(label.length)}  p99`, at(left, 'p99'), at(right, 'p99')),
    ]
  })
}

/** Both runs side by side, within 100 columns, ending with a line break. */
export function renderComparison(naive: Run, locked: Run, paint: Paint): string {
  const lockedCounts = countRowsOf(locked)
  const { asExpected, sentence } = compareRuns(naive, locked)
  const reasons = [naive, locked].flatMap((run) =>
    reasonLinesOf(run).map((reason) => `${reason} (${run.settings.strategy})`),
  )
  const lines = [
    paint.strong('Naive and locked, side by side'),
    `  ${headlineOf(naive)}`,
    '',
    paint.strong(line('', 'naive', 'locked')),
    ...countRowsOf(naive).map(([label, figure], index) =>
      line(label, figure, lockedCounts[index]?.[1] ?? '–'),
    ),
    ...(reasons.length === 0 ? [] : ['', paint.strong('Not accepted or lost'), ...reasons]),
    '',
    paint.strong('Times and sizes'),
    ...distributionLines(naive, locked),
    '',
    paint.strong('Verdict') + paint.faint('  counted in Postgres'),
    line(
      'initial stock',
      countText(naive.verification.initialStock),
      countText(locked.verification.initialStock),
    ),
    line('units sold', countText(naive.verification.sold), countText(locked.verification.sold)),
    ...checkLines(naive, locked, paint),
    '',
    (asExpected ? paint.good : paint.bad)(sentence),
  ]
  return `${lines.join('\n')}\n`
}
