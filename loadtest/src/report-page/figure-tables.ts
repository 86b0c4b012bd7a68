import { type FinishedTest, publicSettingsOf, versionsOf } from '../figures-record.ts'
import { machineOf } from '../machine.ts'
import { countText, durationText } from '../numbers.ts'
import { countRowsOf, distributionRowsOf } from '../report.ts'
import type { Run } from '../run.ts'
import { type Cell, strategyName, type Table } from './tables.ts'

/** Every invariant with what was found, and what was expected where that differs. */
export function verdictTable(runs: readonly Run[]): Table {
  const names = new Set(runs.flatMap(({ verdict }) => verdict.checks.map(({ name }) => name)))
  const checkCell = (run: Run, name: string): Cell => {
    const check = run.verdict.checks.find((candidate) => candidate.name === name)
    if (check === undefined) return '–'
    const figure = countText(check.figure)
    return check.holds
      ? { text: figure, mark: 'good' }
      : { text: `${figure}, expected ${check.expected}`, mark: 'bad' }
  }
  return {
    caption: 'Invariants, counted in Postgres',
    columns: runs.map(strategyName),
    rows: [
      { label: 'initial stock', cells: runs.map(({ verification }) => countText(verification.initialStock)) },
      { label: 'restocked', cells: runs.map(({ verification }) => countText(verification.restocked)) },
      { label: 'units sold', cells: runs.map(({ verification }) => countText(verification.sold)) },
      ...[...names].map((name) => ({ label: name, cells: runs.map((run) => checkCell(run, name)) })),
    ],
  }
}

/** The counts of each run, in the order of a purchase's journey. */
export function countTable(runs: readonly Run[]): Table {
  const columns = runs.map(countRowsOf)
  const labels = columns[0]?.map(([label]) => label) ?? []
  return {
    caption: 'Purchases',
    columns: runs.map(strategyName),
    rows: [
      ...labels.map((label, row) => ({
        label: label.trim(),
        cells: columns.map((rows) => rows[row]?.[1] ?? '–'),
      })),
      {
        label: 'out of order at the sell-out',
        cells: runs.map(({ figures }) =>
          figures.fifoInversions === null ? '–' : countText(figures.fifoInversions),
        ),
      },
    ],
  }
}

/** Percentiles of one run. */
export const distributionTable = (run: Run): Table => ({
  caption: `Times and sizes, ${strategyName(run).toLowerCase()}`,
  columns: ['p50', 'p95', 'p99', 'max', 'of'],
  rows: distributionRowsOf(run).map(([label, distribution, text]) => ({
    label,
    cells:
      distribution === null
        ? ['–', '–', '–', '–', '0']
        : [
            ...(['p50', 'p95', 'p99', 'max'] as const).map((part) => text(distribution[part])),
            countText(distribution.count),
          ],
  })),
})

/** Why purchases were not accepted or were lost. */
export const reasonTable = (run: Run): Table => ({
  caption: `Not accepted or lost, ${strategyName(run).toLowerCase()}`,
  columns: ['purchases'],
  rows: run.figures.reasons
    .slice(0, 20)
    .map(({ reason, count }) => ({ label: reason, cells: [countText(count)] })),
})

const settingText = (value: unknown): string => (value === undefined ? 'the default' : String(value))

/** What ran where, and how to run it again. */
export function settingsTable({ date, options, target, runs }: FinishedTest): Table {
  const settings = {
    ...publicSettingsOf(options),
    ...runs[0]?.settings,
    strategy: runs.map((run) => run.settings.strategy).join(', then '),
  }
  const versions = versionsOf()
  const { processor, cores, memoryGb, system } = machineOf()
  const rows: [label: string, value: string][] = [
    ['date', date],
    ['engine', `${target.origin}${target.booted ? ', started for this test' : ''}`],
    ['product', runs.map(({ verification }) => String(verification.productId)).join(', then ')],
    ...Object.entries(settings)
      .filter(([name]) => name !== 'productId')
      .map(([name, value]): [string, string] => [name, settingText(value)]),
    ['buyers ran on', `${processor}, ${cores} cores, ${memoryGb} GB, ${system}`],
    ['versions', `load test ${versions.loadtest}, Node ${versions.node}, ${versions.platform}`],
  ]
  return {
    caption: 'Settings and machine',
    columns: ['value'],
    rows: rows.map(([label, value]) => ({ label, cells: [value] })),
  }
}

/** The course of a run in numbers: what its charts show, for those who cannot or would rather not look at them. */
export function courseTable(run: Run): Table {
  const { course } = run
  const { confirmed, sold_out: soldOut, refused, ...others } = course.endings
  const at = (values: readonly number[], bin: number): number => values[bin] ?? 0
  return {
    caption: `The course of the run, ${strategyName(run).toLowerCase()}`,
    columns: ['confirmed', 'sold out', 'refused', 'otherwise', 'stock left', 'queued', 'waiting for lock'],
    rows: course.stockLeft.map((left, bin) => ({
      label: `${durationText(bin * course.binMs)}`,
      cells: [
        ...[confirmed, soldOut, refused].map((counts) => countText(at(counts, bin))),
        countText(Object.values(others).reduce((sum, counts) => sum + at(counts, bin), 0)),
        countText(left),
        ...[course.queued, course.waitingForLock].map((means) => at(means, bin).toFixed(1)),
      ],
    })),
  }
}
