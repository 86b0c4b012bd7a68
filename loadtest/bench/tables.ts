/** The figures as rows of text, the same for the terminal, Markdown and HTML. */
import { type JudgedBar, measuredText, verdictText } from './bars.ts'
import { figureText } from './figure-text.ts'
import type { Figure } from './results.ts'
import { type CostProcess, cpuUnit } from './situations.ts'

export interface Table {
  title: string
  /** The first `texts` of them hold text, the others figures. */
  columns: readonly string[]
  texts: number
  rows: readonly (readonly string[])[]
}

const costProcesses = ['api', 'worker', 'redis', 'postgres', 'generator'] as const satisfies CostProcess[]
const costUnits = new Map(costProcesses.map((process) => [cpuUnit(process), process]))

const isCost = ({ unit }: Figure): boolean => costUnits.has(unit)

/** Every figure but the costs by process: a row each. */
const figuresTable = (figures: readonly Figure[]): Table => ({
  title: 'Figures: median, smallest and largest of the rounds',
  columns: ['measure', 'contender', 'situation', 'unit', 'median', 'min', 'max', 'rounds'],
  texts: 4,
  rows: figures
    .filter((figure) => !isCost(figure))
    .map(({ measure, contender, situation, unit, median, min, max, rounds }) => [
      measure,
      contender,
      situation,
      unit,
      figureText(median),
      figureText(min),
      figureText(max),
      String(rounds),
    ]),
})

/** One row for each contender in a situation, one column for each process. */
const costsTable = (figures: readonly Figure[]): Table => {
  const groups = new Map<string, Figure[]>()
  for (const figure of figures.filter(isCost)) {
    const key = JSON.stringify([figure.measure, figure.contender, figure.situation])
    groups.set(key, [...(groups.get(key) ?? []), figure])
  }
  const rows = [...groups.values()].flatMap((group) => {
    const [first] = group
    if (!first) return []
    const costs = costProcesses.map((process) => group.find(({ unit }) => unit === cpuUnit(process))?.median)
    const served = costs.slice(0, -1).reduce<number>((sum, cost) => sum + (cost ?? 0), 0)
    const texts = [...costs, served].map((cost) => (cost === undefined ? '–' : figureText(cost)))
    return [[first.measure, first.contender, first.situation, ...texts]]
  })
  return {
    title: 'CPU time a purchase, µs, medians; all: without the load generator',
    columns: ['measure', 'contender', 'situation', ...costProcesses, 'all'],
    texts: 3,
    rows,
  }
}

const barsTable = (bars: readonly JudgedBar[]): Table => ({
  title: 'Bars',
  columns: ['what', 'bar', 'measured', 'verdict'],
  texts: 2,
  rows: bars.map((bar) => [bar.what, bar.bar, measuredText(bar), verdictText(bar)]),
})

/** In the order in which they are shown; those without rows are left out. */
export const tablesOf = (figures: readonly Figure[], bars: readonly JudgedBar[]): Table[] =>
  [figuresTable(figures), costsTable(figures), barsTable(bars)].filter(({ rows }) => rows.length > 0)

/** For a terminal: columns as wide as their widest text, figures to the right. */
export const plainTable = ({ title, columns, texts, rows }: Table): string => {
  const widths = columns.map((name, index) =>
    Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((text, index) => {
        const width = widths[index] ?? 0
        return index < texts ? text.padEnd(width) : text.padStart(width)
      })
      .join('  ')
      .trimEnd()
  return [title, '', line(columns), ...rows.map(line), ''].join('\n')
}

const escapedCell = (text: string): string => text.replaceAll('|', '\\|')

/** For a Markdown document. */
export const markdownTable = ({ columns, texts, rows }: Table): string => {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapedCell).join(' | ')} |`
  const rule = columns.map((_, index) => (index < texts ? '---' : '---:'))
  return `${[line(columns), line(rule), ...rows.map(line)].join('\n')}\n`
}
