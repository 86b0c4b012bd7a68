import type { Fault } from './fault.ts'
import type { RoundResult } from './run-round.ts'

/** One line about a round, and what to do when it failed. */
export const roundLines = (result: RoundResult): string[] => {
  const { number, seed, fault, buyers, stock, sold, lost, tookMs, figures, violations } = result
  const extra = [
    ...(lost > 0 ? [`lost ${lost}`] : []),
    ...figures.map(({ name, value }) => `${name} ${value}`),
  ]
  const line = [
    `${String(number).padStart(4)}  seed ${seed}  ${fault.padEnd(36)}`,
    `buyers ${buyers}  stock ${stock}  sold ${sold}  ${tookMs} ms`,
    violations.length === 0 ? 'ok' : `VIOLATIONS ${violations.length}`,
    extra.join(', '),
  ]
  return [
    line.join('  ').trimEnd(),
    ...violations.map((violation) => `      ${violation}`),
    ...(violations.length === 0
      ? []
      : [
          `      again: npm run chaos -- --seed ${seed} --rounds 1 --only ${fault}`,
          `      logs:  ${result.logs ?? 'none'}`,
        ]),
  ]
}

const percentile = (sorted: readonly number[], percent: number): number =>
  sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0

/** What was measured over all rounds, one line a figure. */
const figureLines = (results: readonly RoundResult[]): string[] => {
  const all = results.flatMap(({ fault, figures }) =>
    figures.map(({ name, value }) => ({ key: `${fault} ${name}`, value })),
  )
  return [...Map.groupBy(all, ({ key }) => key)].map(([key, list]) => {
    const sorted = list.map(({ value }) => value).sort((a, b) => a - b)
    const values = [50, 100].map((percent) => `p${percent} ${percentile(sorted, percent)}`)
    return `  ${key}: ${values.join(', ')} (${sorted.length})`
  })
}

/** What came of all rounds. */
export const summaryLines = (results: readonly RoundResult[], tookMs: number): string[] => {
  const failed = results.filter(({ violations }) => violations.length > 0)
  const sum = (of: (result: RoundResult) => number): number =>
    results.reduce((total, one) => total + of(one), 0)
  const seeds = results.map(({ seed }) => seed)
  return [
    `${results.length} rounds, seeds ${Math.min(...seeds)} to ${Math.max(...seeds)}, ${Math.round(tookMs / 1000)} s: ` +
      `${sum(({ buyers }) => buyers)} buyers, ${sum(({ sold }) => sold)} confirmed, ` +
      `${sum(({ lost }) => lost)} lost where Redis lost data, ${failed.length} rounds with violations`,
    ...figureLines(results),
  ]
}

export const listLines = (faults: readonly Fault[]): string[] =>
  faults.flatMap(({ number, name, what, expects, slow }) => [
    `${String(number).padStart(2)}  ${name}${slow ? ' (slow)' : ''}`,
    `      ${what}`,
    `      → ${expects}`,
  ])
