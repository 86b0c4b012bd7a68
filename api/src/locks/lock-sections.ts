/** What the lock page shows of one look: drawn here for the first state and for every event after it. */
import type { LockedProduct, ProductState } from '@flash-sale/shared/contract/locked-product.ts'
import type { LockOverview, WorkerState } from '@flash-sale/shared/contract/locks.ts'
import { outcomes } from '@flash-sale/shared/contract/purchase.ts'
import { clockText, countedText, countText, rateText, timeText } from './figure-text.ts'
import { type Html, html, nothing } from './html.ts'
import { invariantsOf, isContended, nameOf, outcomeNames, productCard, stockMeter } from './product-card.ts'

/** More would not be looked at; what is left stands in the table. */
const cardsMax = 24

const tile = (name: string, value: Html | string, note: Html | string, className = ''): Html =>
  html`<div class="${className}"><dt>${name}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** A product whose lock is slow is still being sold when the speed of all together has the queue empty. */
const emptyInText = ({ queue: { paused, emptyInMs }, products }: LockOverview): string => {
  if (paused) return 'paused'
  if (emptyInMs === undefined) return 'time to empty unknown'
  if (emptyInMs === 0) return 'empty now'
  const slowestMs = Math.max(0, ...products.map((product) => product.emptyInMs ?? 0))
  const slowest = slowestMs > emptyInMs ? `, the slowest product in ${clockText(slowestMs)}` : ''
  return `empty in ${clockText(emptyInMs)}${slowest}`
}

const lineTile = ({ products }: LockOverview): Html => {
  const inLine = sum(products.map(({ waitersInLine }) => waitersInLine))
  const longestMs = Math.max(0, ...products.flatMap(({ waiters }) => waiters.map(({ waitedMs }) => waitedMs)))
  const note =
    inLine === 0
      ? 'no worker in line'
      : `${countedText(inLine, 'worker')} in line, the longest for ${clockText(longestMs)}`
  return tile('Wait for a lock', countText(sum(products.map((product) => product.waitingPurchases))), note)
}

const workersTile = ({ workers }: LockOverview): Html => {
  const live = workers.filter((worker) => worker.live).length
  const silent = workers.length - live
  const note = silent === 0 ? (live === 0 ? 'none reports' : 'all report') : `${silent} silent`
  return tile('Workers live', countText(live), note, silent > 0 || live === 0 ? 'bad' : '')
}

const invariantsTile = ({ products, quiet }: LockOverview): Html => {
  const last = [...products, ...quiet].flatMap(({ invariants }) => invariants ?? [])
  const broken = last.filter(({ ok }) => !ok).length
  const note = `${last.length} of ${countedText(products.length + quiet.length, 'product')} checked`
  if (broken > 0) return tile('Invariants', `✗ ${broken} broken`, note, 'bad')
  return tile('Invariants', last.length === 0 ? '–' : '✓ intact', note, last.length === 0 ? '' : 'good')
}

const tilesOf = (overview: LockOverview): Html => {
  const { counts, settledPerS, emptyInMs, oldestWaitMs } = overview.queue
  // The speed that it had when there was work stands until there is some again.
  const speed = settledPerS > 0 && emptyInMs !== 0 ? rateText(settledPerS) : '–'
  const delayed = counts.delayed > 0 ? `, ${countText(counts.delayed)} delayed` : ''
  const oldest = oldestWaitMs === undefined ? '' : `, the oldest waits ${clockText(oldestWaitMs)}`
  return html`<dl class="tiles">
${tile('In the queue', countText(counts.waiting + counts.active + counts.delayed), `${countText(counts.active)} with workers${delayed}${oldest}`)}
${tile('Settled a second', speed, emptyInText(overview))}
${lineTile(overview)}
${workersTile(overview)}
${invariantsTile(overview)}
</dl>`
}

/** Who may not write sees the state without the button. */
const queueSwitch = ({ paused }: LockOverview['queue'], mayWrite: boolean): Html => {
  const state = paused
    ? html`<strong class="bad">The queue is paused</strong>: buyers are accepted and wait, workers take nothing.`
    : html`The queue runs.`
  const action = paused ? 'resume' : 'pause'
  const form = mayWrite
    ? html`<form method="post" action="/admin/queue/${action}" id="switch"><button id="switch-button" class="${paused ? 'primary' : ''}">${paused ? 'Resume' : 'Pause'} the queue</button></form>`
    : nothing
  const check = html`<button type="button" class="scripted" id="check-all">Check all invariants</button>`
  return html`<div class="switch ${paused ? 'paused' : ''}"><p role="status" id="queue-state">${state}</p><div class="actions">${check}${form}</div></div>`
}

const cardsOf = ({ products }: LockOverview): Html => {
  if (products.length === 0)
    return html`<p class="empty">Nothing is being sold: no purchase waits, and none was settled in the last minute.</p>`
  const contended = products.filter(isContended).length
  const note = `${contended === 0 ? 'None is contended' : `${contended} of ${products.length} contended`}; lock waits and batches of the last minute, speeds of its last ten seconds.`
  return html`<p class="faint">${note}</p><div class="cards">${products.slice(0, cardsMax).map(productCard)}</div>`
}

const rowOf = (product: ProductState | LockedProduct): Html => {
  const activity =
    'depth' in product
      ? `${countText(product.depth)} without outcome, ${product.settledPerS === undefined ? '–' : rateText(product.settledPerS)} settled a second`
      : 'quiet'
  return html`<tr id="row-${product.productId}"><th scope="row">${nameOf(product)} <small>${product.productId}</small></th><td>${stockMeter(product)}</td><td>${product.saleStatus ?? '–'}</td><td>${activity}</td><td>${invariantsOf(product)}</td></tr>`
}

const othersOf = ({ products, quiet }: LockOverview): Html => {
  const rows = [...products.slice(cardsMax), ...quiet]
  if (rows.length === 0) return nothing
  return html`<section id="others" aria-labelledby="others-title"><h2 id="others-title">Other products</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="others-title"><table><thead><tr><th scope="col">Product</th><th scope="col">Stock</th><th scope="col">Sale</th><th scope="col">Activity</th><th scope="col">Invariants</th></tr></thead>
<tbody>${rows.map(rowOf)}</tbody></table></div></section>`
}

const workerRow = (worker: WorkerState): Html => html`
<tr id="worker-${worker.worker}"><th scope="row">${worker.worker}</th>
<td>${worker.live ? html`<span class="good">live</span>` : html`<strong class="bad">silent for ${clockText(worker.reportAgeMs)}</strong>`}</td>
<td class="number">${countText(worker.waitingPurchases)}</td><td class="number">${countText(worker.settlingPurchases)}</td>
<td class="number">${countText(worker.settled)}</td><td>${worker.startedAt ? timeText(worker.startedAt) : '–'}</td></tr>`

const workersOf = ({ workers }: LockOverview): Html => html`
<section id="workers" aria-labelledby="workers-title"><h2 id="workers-title">Workers</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="workers-title"><table><thead><tr><th scope="col">Worker</th><th scope="col">State</th><th scope="col" class="number">Wait</th><th scope="col" class="number">Being settled</th><th scope="col" class="number">Settled</th><th scope="col">Since (UTC)</th></tr></thead>
<tbody>${workers.length === 0 ? html`<tr><td colspan="6">No worker has reported within the last ten seconds.</td></tr>` : workers.map(workerRow)}</tbody></table></div></section>`

const countRow = (name: string, count: number): Html =>
  html`<tr><th scope="row">${name}</th><td class="number">${countText(count)}</td></tr>`

const countTable = (id: string, title: string, note: string, rows: readonly Html[]): Html =>
  html`<section id="${id}" class="total"><h2>${title}</h2><table><tbody>${rows.length === 0 ? html`<tr><td>none</td></tr>` : rows}</tbody></table><p class="faint">${note}</p></section>`

const totalsOf = ({ outcomes: counts, refused, faults }: LockOverview): Html => html`<div class="totals">
${countTable(
  'outcomes',
  'Outcomes',
  'Since the workers were started.',
  outcomes.map((outcome) => countRow(outcomeNames[outcome], counts[outcome])),
)}
${countTable(
  'refused',
  'Refused at the door',
  'By this api, since it was started.',
  refused.map(({ reason, purchases }) => countRow(reason, purchases)),
)}
${countTable('faults', 'Faults, and what was done', 'In the workers, since they were started.', [
  countRow('leases lost', faults.leasesLost),
  countRow('stale fencing tokens refused', faults.staleTokensRefused),
  countRow('batches settled again', faults.settledAgain),
  countRow('long waits for a lock', faults.longLockWaits),
  countRow('jobs found stalled', faults.jobsStalled),
  countRow('jobs failed', faults.jobsFailed),
])}
</div>`

/** @param mayWrite whether who looks may pause the queue. */
export const lockSections = (overview: LockOverview, mayWrite: boolean): Html => html`
${queueSwitch(overview.queue, mayWrite)}
${tilesOf(overview)}
<section id="products" aria-labelledby="products-title"><h2 id="products-title">Being sold now</h2>
${cardsOf(overview)}</section>
${othersOf(overview)}
${workersOf(overview)}
${totalsOf(overview)}`
