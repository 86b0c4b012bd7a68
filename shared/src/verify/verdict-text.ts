import type { Check } from './check.ts'
import type { EngineVerdict } from './verify-engine.ts'

const nameWidth = 15

const linesOf = ({ name, invariant, found, violations, worst }: Check): string[] => {
  if (violations === 0) return [`  ✓ ${invariant} ${name.padEnd(nameWidth)} ${found}`]
  const more = violations > worst.length ? [`${violations - worst.length} more`] : []
  return [
    `  ✗ ${invariant} ${name.padEnd(nameWidth)} ${violations} broken`,
    ...[...worst, ...more].map((line) => `      ${line}`),
  ]
}

/** The verdict as a person reads it: a line for each check, with its figures, and what is wrong below it. */
export const verdictText = (verdict: EngineVerdict): string => {
  const { ok, tookMs, checks, skipped, skippedCount } = verdict
  const more = skippedCount > skipped.length ? [`${skippedCount - skipped.length} more`] : []
  const broken = checks.filter(({ violations }) => violations > 0).map(({ name }) => name)
  return [
    ...checks.flatMap(linesOf),
    ...[...skipped, ...more].map((line) => `  skipped: ${line}`),
    '',
    `${ok ? 'Every invariant holds.' : `BROKEN: ${broken.join(', ')}.`} (${(tookMs / 1000).toFixed(1)} s)`,
    '',
  ].join('\n')
}
