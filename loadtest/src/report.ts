import type { Distribution } from './latency.ts'
import { countText, durationText, optionalCountText } from './numbers.ts'
import type { Paint } from './paint.ts'
import type { Run } from './run.ts'
import type { Check } from './verdict.ts'

const labelWidth = 28
const figureWidth = 11
const reasonLengthMax = 74

const line = (label: string, ...figures: string[]): string =>
  `  ${label.padEnd(labelWidth)}${figures.map((figure) => figure.padStart(figureWidth)).join('')}`

/** The counts of a run, in the order of a purchase's journey. */
export const countRowsOf = ({ figures }: Run): [label: string, figure: string][] => [
  ['accepted', countText(figures.accepted)],
  ['confirmed', countText(figures.outcomes.confirmed)],
  ['sold out', countText(figures.outcomes.sold_out)],
  ['limit reached', countText(figures.outcomes.limit_reached)],
  ['not on sale', countText(figures.outcomes.not_on_sale)],
  ['failed', countText(figures.outcomes.failed)],
  ['refused', countText(figures.refused)],
  ['unanswered', countText(figures.unanswered)],
  ['lost', countText(figures.lost)],
  ['POSTs sent again', countText(figures.retried)],
  ['  answered as replays', countText(figures.replayed)],
  ['purchases a second', optionalCountText(figures.perSecond)],
  ["  by the server's clock", optionalCountText(figures.perSecondByServer)],
]

type DistributionRow = [label: string, distribution: Distribution | null, text: (value: number) => string]

/** The distributions of a run; the first two are what buyers see, the others what the engine says. */
export const distributionRowsOf = ({ figures: { latency } }: Run): DistributionRow[] => [
  ['accept time', latency.acceptMs, durationText],
  ['time to outcome', latency.outcomeMs, durationText],
  ['accepted to settled', latency.acceptedToSettledMs, durationText],
  ['queue wait', latency.queueWaitMs, durationText],
  ['lock wait', latency.lockWaitMs, durationText],
  ['settle', latency.settleMs, durationText],
  ['batch size', latency.batchSize, countText],
]

/** Says of how many purchases a row tells, when it is not of all `ofAll`. */
const distributionLine = ([label, distribution, text]: DistributionRow, ofAll: number): string => {
  if (distribution === null) return line(label, '–')
  const { count, p50, p95, p99, max } = distribution
  const note = count < ofAll ? `   of ${countText(count)}` : ''
  return line(label, text(p50), text(p95), text(p99), text(max)) + note
}

const checkLine = ({ name, figure, holds, expected }: Check, paint: Paint): string => {
  const mark = holds ? paint.good('✓') : paint.bad('✗')
  const text = `${name.padEnd(labelWidth - 2)}${countText(figure).padStart(figureWidth)}`
  return holds ? `  ${mark} ${text}` : `  ${mark} ${paint.bad(text)}   expected ${expected}`
}

/** What was bought how, in one line. */
export const headlineOf = ({ settings }: Run): string => {
  const { buyers, quantity, stock, connections, thinkMs, batchMax } = settings
  return [
    `${countText(buyers)} ${buyers === 1 ? 'buyer' : 'buyers at once'}`,
    `${quantity} ${quantity === 1 ? 'unit' : 'units'} each`,
    `${countText(stock)} in stock`,
    `${connections} ${connections === 1 ? 'connection' : 'connections'}`,
    ...(thinkMs > 0 ? [`think ${thinkMs} ms`] : []),
    ...(batchMax === undefined ? [] : [`${batchMax} per lock`]),
  ].join(' · ')
}

/** One sentence: how the run ended. */
export function conclusionOf({ verdict, verification }: Run): string {
  if (verdict.exact)
    return `Every invariant holds: ${countText(verification.sold)} units sold, ${countText(verification.stock)} left.`
  const broken = verdict.checks.filter(({ holds }) => !holds)
  const oversold = broken.find(({ name }) => name === 'oversold')
  if (oversold)
    return `OVERSOLD: ${countText(verification.sold)} units sold of ${countText(verification.initialStock + verification.restocked)}, ${countText(oversold.figure)} more than there were.`
  return `BROKEN: ${broken.map(({ name }) => name).join(', ')}.`
}

const shortened = (text: string): string =>
  text.length <= reasonLengthMax ? text : `${text.slice(0, reasonLengthMax - 1)}…`

/** Why purchases were not accepted or were lost; empty when there were none. */
export const reasonLinesOf = ({ figures: { reasons } }: Run): string[] =>
  reasons.slice(0, 5).map(({ reason, count }) => `  ${countText(count).padStart(7)} × ${shortened(reason)}`)

/** The report of one run, within 100 columns, ending with a line break. */
export function renderReport(run: Run, paint: Paint): string {
  const { verification, verdict, figures, settings } = run
  const reasons = reasonLinesOf(run)
  const lines = [
    paint.strong(`${settings.strategy === 'naive' ? 'Naive' : 'Locked'} strategy`),
    `  ${headlineOf(run)}`,
    '',
    paint.strong('Purchases'),
    ...countRowsOf(run).map(([label, figure]) => line(label, figure)),
    ...(reasons.length === 0 ? [] : ['', paint.strong('Not accepted or lost'), ...reasons]),
    '',
    paint.strong('Times and sizes'.padEnd(labelWidth + 2)) +
      ['p50', 'p95', 'p99', 'max'].map((name) => name.padStart(figureWidth)).join(''),
    ...distributionRowsOf(run).map((row) => distributionLine(row, figures.accepted - figures.lost)),
    '',
    paint.strong(`Verdict`) + paint.faint(`  product ${verification.productId}, counted in Postgres`),
    line('initial stock', countText(verification.initialStock)),
    ...(verification.restocked === 0 ? [] : [line('restocked', countText(verification.restocked))]),
    line('units sold', countText(verification.sold)),
    ...verdict.checks.map((check) => checkLine(check, paint)),
    ...(figures.fifoInversions === null
      ? []
      : [
          line('out of order at the sell-out', countText(figures.fifoInversions)) +
            paint.faint('   for information'),
        ]),
    '',
    (verdict.exact ? paint.good : paint.bad)(conclusionOf(run)),
  ]
  return `${lines.join('\n')}\n`
}
