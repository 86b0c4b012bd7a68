/** A product that is being sold, on the lock page. */
import type {
  Invariants,
  LockedProduct,
  OutcomeCounts,
  ProductState,
} from '@flash-sale/shared/contract/locked-product.ts'
import { outcomes } from '@flash-sale/shared/contract/purchase.ts'
import { clockText, countedText, countText, rateText, timeText, waitText } from './figure-text.ts'
import { type Html, html, nothing } from './html.ts'

export const outcomeNames: Readonly<Record<keyof OutcomeCounts, string>> = {
  confirmed: 'confirmed',
  sold_out: 'sold out',
  limit_reached: 'limit reached',
  not_on_sale: 'not on sale',
  failed: 'failed',
}

export const nameOf = ({ name, productId }: ProductState): string => name ?? `Product ${productId}`

/** What is left of the stock that the product started with. */
export const stockMeter = (product: ProductState): Html => {
  const { stock, initialStock } = product
  if (stock === undefined || initialStock === undefined)
    return html`<p class="stock faint">Stock unknown: Postgres does not answer</p>`
  const text = `${stock === 0 ? 'none' : countText(stock)} of ${countText(initialStock)} left`
  const max = Math.max(1, stock, initialStock)
  const width = Math.round((stock / max) * 1_000)
  return html`<div class="stock"><svg class="bar" role="meter" aria-label="Stock of ${nameOf(product)}" aria-valuemin="0" aria-valuemax="${max}" aria-valuenow="${stock}" aria-valuetext="${text}" viewBox="0 0 1000 1" preserveAspectRatio="none"><rect width="${width}" height="1"/></svg> <span>${text}</span></div>`
}

const invariantsText = (invariants: Invariants | undefined): Html => {
  if (!invariants) return html`<span class="faint">not checked yet</span>`
  const at = html`<span class="faint">at ${timeText(invariants.at)} UTC</span>`
  return invariants.ok
    ? html`<span class="good">✓ intact</span> ${at}`
    : html`<strong class="bad">✗ broken: ${invariants.broken.join(', ')}</strong> ${at}`
}

/**
 * What the last count of the invariants said, and what counts them again; without scripts that shows its JSON. By its id the
 * page keeps it, and the focus within, whatever comes and goes before it.
 */
export const invariantsOf = (product: ProductState): Html =>
  html`<div class="invariants" id="invariants-${product.productId}"><span>${invariantsText(product.invariants)}</span> <a class="button" id="verify-${product.productId}" href="/admin/products/${product.productId}/verify" data-verify="${product.productId}">Check<span class="hidden"> the invariants of ${nameOf(product)}</span></a></div>`

/** A time that the page's script lets go on between two looks. */
const running = (direction: 'up' | 'down', ms: number): Html =>
  html`<span class="clock" data-${direction}="${Math.round(ms)}">${clockText(ms)}</span>`

/** Not with what is being settled: that is of all workers and up to a second old, so that it may be of two batches. */
const holderOf = ({ holder }: LockedProduct): Html => {
  if (!holder) return html`<p class="holder free"><span class="mark">Free</span> nobody holds the lock</p>`
  return html`<div class="holder">
<p><span class="mark">Held</span> by <strong>${holder.worker}</strong> with ${countedText(holder.purchases, 'purchase')}</p>
<dl class="lease">
<div><dt>Lease left</dt><dd>${running('down', holder.leaseLeftMs)}</dd></div>
<div><dt>Held for</dt><dd>${running('up', holder.heldMs)}</dd></div>
<div><dt>Fencing token</dt><dd>${String(holder.fencingToken)}</dd></div>
</dl></div>`
}

const waitersOf = ({ waiters, waitersInLine }: LockedProduct): Html => {
  if (waitersInLine === 0) return html`<p class="line faint">No worker waits in line</p>`
  const unlisted = waitersInLine - waiters.length
  const more =
    unlisted > 0 ? html`<li class="faint">and ${countedText(unlisted, 'more worker')}</li>` : nothing
  const rows = waiters.map(
    ({ worker, purchases, waitedMs }) =>
      html`<li><strong>${worker}</strong> <span>${countedText(purchases, 'purchase')}</span> <span>waits ${running('up', waitedMs)}</span></li>`,
  )
  return html`<div class="line"><h4>In line</h4><ol>${rows}${more}</ol></div>`
}

const outcomesOf = (counts: OutcomeCounts | undefined): Html => {
  const shown = outcomes.filter((outcome) => (counts?.[outcome] ?? 0) > 0)
  if (!counts || shown.length === 0) return nothing
  const rows = shown.map(
    (outcome) => html`<li class="${outcome}">${countText(counts[outcome])} ${outcomeNames[outcome]}</li>`,
  )
  return html`<ul class="outcomes">${rows}</ul>`
}

const figure = (name: string, value: string, unit = ''): Html =>
  html`<div><dt>${name}</dt><dd>${value}${unit === '' ? nothing : html` <small>${unit}</small>`}</dd></div>`

const figuresOf = (product: LockedProduct): Html => {
  const { batches, settled, settledPerS, lockWaitMsP50: p50, lockWaitMsP99: p99 } = product
  return html`<dl class="figures">
${figure('No outcome yet', countText(product.depth), 'purchases')}
${figure('Empty in', product.emptyInMs === undefined ? '–' : clockText(product.emptyInMs))}
${figure('Wait for the lock', countText(product.waitingPurchases), 'purchases')}
${figure('Settled', settledPerS === undefined ? '–' : rateText(settledPerS), 'a second')}
${figure('Batch', batches === 0 ? '–' : countText(settled / batches), 'purchases')}
${figure('Lock wait p50, p99', p50 === undefined || p99 === undefined ? '–' : `${waitText(p50)}, ${waitText(p99)}`)}
</dl>`
}

export const isContended = ({ waitersInLine }: LockedProduct): boolean => waitersInLine > 0

export const productCard = (product: LockedProduct): Html => html`
<article id="product-${product.productId}" class="${isContended(product) ? 'contended' : 'calm'}">
<header><h3>${nameOf(product)} <small>product ${product.productId}</small></h3>${
  isContended(product)
    ? html`<p class="tag">Contended: ${countedText(product.waitersInLine, 'worker')} in line</p>`
    : nothing
}</header>
${stockMeter(product)}
${outcomesOf(product.outcomes)}
${holderOf(product)}
${waitersOf(product)}
${figuresOf(product)}
${invariantsOf(product)}
</article>`
