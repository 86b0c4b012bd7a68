import { countText } from './numbers.ts'
import type { Tally } from './workload.ts'

/** Where progress is shown; a part of a terminal's or a pipe's stream. */
export interface Screen {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

// Ten redraws a second look smooth; the counting itself costs the load generator one addition each.
const redrawMs = 100
const plainLineMs = 1_000
const barWidthMax = 24
const clearLine = '\r\x1b[2K'

/** The state of a run in words: `accepted 200 · confirmed 100 · sold out 60 · waiting 40`. */
export function progressText(tally: Tally): string {
  const settled = tally.confirmed + tally.soldOut + tally.otherwise
  const parts: [label: string, count: number][] = [
    ['accepted', tally.accepted],
    ['confirmed', tally.confirmed],
    ['sold out', tally.soldOut],
    ...(tally.otherwise > 0 ? ([['otherwise', tally.otherwise]] as [string, number][]) : []),
    ...(tally.notAccepted > 0 ? ([['not accepted', tally.notAccepted]] as [string, number][]) : []),
    ['waiting', tally.buyers - tally.notAccepted - settled],
  ]
  return parts.map(([label, count]) => `${label} ${countText(count)}`).join(' · ')
}

/** The same with a bar before it, which gives way to the words where `columns` are few. */
export function progressBar(tally: Tally, columns: number): string {
  const text = progressText(tally)
  const width = Math.min(barWidthMax, columns - text.length - 2)
  if (width < 1) return text.slice(0, Math.max(columns - 1, 0))
  const ended = tally.confirmed + tally.soldOut + tally.otherwise + tally.notAccepted
  const filled = Math.round((ended / Math.max(tally.buyers, 1)) * width)
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${text}`
}

/**
 * Shows a run while it lasts: one line drawn again and again on a terminal, a line a second elsewhere.
 * Returns what ends it, once: the bar vanishes, and a pipe gets the last state.
 */
export function showProgress(screen: Screen, tally: Tally, label: string): () => void {
  const terminal = screen.isTTY === true
  const columns = (): number => (screen.columns ?? 80) - label.length - 1
  const draw = (): unknown => screen.write(`${clearLine}${label} ${progressBar(tally, columns())}`)
  const print = (): unknown => screen.write(`${label}: ${progressText(tally)}\n`)
  if (terminal) draw()
  const timer = terminal ? setInterval(draw, redrawMs) : setInterval(print, plainLineMs)
  let stopped = false
  return () => {
    if (stopped) return
    stopped = true
    clearInterval(timer)
    if (terminal) screen.write(clearLine)
    else print()
  }
}
