import { countText } from '../numbers.ts'
import type { Run } from '../run.ts'
import { type Html, html, nothing } from './html.ts'
import { strategyName } from './tables.ts'

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(whole, 1)).toFixed(2)}%`

/** What was sold beside what there was, a bar for each run on the same scale; what was not there is red. */
export function soldBars(runs: readonly Run[]): Html {
  const rows = runs.map((run) => {
    const { sold, initialStock, restocked } = run.verification
    const stock = initialStock + restocked
    return { name: strategyName(run), sold, stock, oversold: Math.max(0, sold - stock) }
  })
  const scale = Math.max(...rows.flatMap(({ sold, stock }) => [sold, stock]))
  return html`<div class="bars">
${rows.map(
  ({ name, sold, stock, oversold }) => html`<div class="row">
<span class="name">${name}</span>
<div class="bar" aria-hidden="true">
<i class="rightly" style="width:${percent(sold - oversold, scale)}"></i><i class="wrongly" style="width:${percent(oversold, scale)}"></i>
<b style="left:${percent(stock, scale)}"></b>
</div>
<span class="count">${countText(sold)} of ${countText(stock)}${oversold > 0 ? html`, <strong class="bad">${countText(oversold)} oversold</strong>` : nothing}</span>
</div>`,
)}
</div>`
}
