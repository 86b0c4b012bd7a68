import type { Run } from '../run.ts'
import { type Html, html, nothing } from './html.ts'

/** A cell: text, or text with a mark that it is good or bad. */
export type Cell = string | { text: string; mark: 'good' | 'bad' }

const cellHtml = (cell: Cell): Html => {
  if (typeof cell === 'string') return html`<td>${cell}</td>`
  const sign = cell.mark === 'good' ? '✓' : '✗'
  const word = cell.mark === 'good' ? 'holds' : 'broken'
  return html`<td class="${cell.mark}">${cell.text} <span role="img" aria-label="${word}">${sign}</span></td>`
}

export interface Table {
  caption: string
  /** Of the columns after the first. */
  columns: readonly string[]
  rows: readonly { label: string; cells: readonly Cell[] }[]
}

/** A table whose first column names its rows; nothing when it has no rows. */
export function tableHtml({ caption, columns, rows }: Table): Html {
  if (rows.length === 0) return nothing
  return html`<div class="table" role="region" tabindex="0" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr><td></td>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows.map(({ label, cells }) => html`<tr><th scope="row">${label}</th>${cells.map(cellHtml)}</tr>`)}</tbody>
</table></div>`
}

/** The name of a run's strategy, for the head of a column. */
export const strategyName = ({ settings }: Run): string =>
  settings.strategy === 'naive' ? 'Naive' : 'Locked'
