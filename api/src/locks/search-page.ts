import type { FoundPurchaseEntry, PurchaseSearch } from '@flash-sale/shared/contract/purchase-search.ts'
import type { Caller } from '../caller.ts'
import { adminPage } from './admin-page.ts'
import { countedText, countText, waitText } from './figure-text.ts'
import { type Html, html, nothing } from './html.ts'

const status = (name: FoundPurchaseEntry['status']): Html =>
  html`<span class="${name}">${name.replaceAll('_', ' ')}</span>`

const when = (iso: string): Html => html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')}</time>`

const outcomeAfter = ({ acceptedAt, settledAt }: FoundPurchaseEntry): string =>
  settledAt === undefined ? '–' : waitText(Math.max(0, Date.parse(settledAt) - Date.parse(acceptedAt)))

const foundByNames = { job: 'job id', order: 'order', customer: 'customer' } as const

const customerLink = (customerId: string): Html =>
  html`<a href="/admin/purchases/search?q=${encodeURIComponent(customerId)}">${customerId}</a>`

const row = (purchase: FoundPurchaseEntry, ordersOpen: boolean): Html => {
  const { jobId, jobUrl, orderId } = purchase
  const job =
    jobUrl === undefined
      ? html`<code>${jobId}</code> <small>(no longer in the queue)</small>`
      : html`<a href="${jobUrl}"><code>${jobId}</code></a>`
  const address = ordersOpen ? `/orders/${orderId}` : `/admin/purchases/search?q=${orderId}`
  const order = orderId === undefined ? html`–` : html`<a href="${address}">${String(orderId)}</a>`
  return html`<tr><th scope="row">${job}</th><td>${status(purchase.status)}</td><td>${order}</td><td>${customerLink(purchase.customerId)}</td><td class="number">${purchase.quantity}</td><td>${purchase.productId}</td><td>${when(purchase.acceptedAt)}</td><td class="number">${outcomeAfter(purchase)}</td><td>${foundByNames[purchase.foundBy]}</td></tr>`
}

const columns = [
  'Job',
  'Status',
  'Order',
  'Customer',
  'Units',
  'Product',
  'Accepted (UTC)',
  'Outcome after',
  'Found by',
]

const rightAligned: ReadonlySet<string> = new Set(['Units', 'Outcome after'])

const tableOf = (purchases: readonly FoundPurchaseEntry[], ordersOpen: boolean): Html => {
  const heads = columns.map(
    (column) => html`<th scope="col" class="${rightAligned.has(column) ? 'number' : ''}">${column}</th>`,
  )
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Purchases"><table><thead><tr>${heads}</tr></thead><tbody>${purchases.map((purchase) => row(purchase, ordersOpen))}</tbody></table></div>`
}

/** What has to be known where the queue was not looked through to its end. */
const cutShort = ({ queue }: PurchaseSearch): Html => {
  if (!queue || queue.whole) return nothing
  const { lookedAt, length } = queue
  const seen =
    length === undefined
      ? html`The queue could not be looked through just now`
      : html`The look through the queue was cut short after ${countText(lookedAt)} of ${countedText(length, 'purchase')} without an outcome`
  return html`<p role="status" id="cut-short"><strong class="bad">${seen}.</strong> There may be others of this customer; a purchase in the queue is found by its job id.</p>`
}

/** @param ordersOpen whether a browser may read `/orders/:id` without a customer's token. */
export const searchPage = (search: PurchaseSearch, caller: Caller, ordersOpen: boolean): string => {
  const { q, purchases, more } = search
  const found =
    purchases.length === 0
      ? html`<p class="empty">There is no purchase, order or customer <strong>${q}</strong>.</p>`
      : html`<p class="faint">${countedText(purchases.length, 'purchase')} of <strong>${q}</strong></p>${tableOf(purchases, ordersOpen)}`
  const rest = more
    ? html`<p>There are more. <a href="/admin/purchases?customerId=${encodeURIComponent(q)}">All that are settled, page by page (JSON)</a></p>`
    : nothing
  return adminPage({ title: 'Find a purchase', caller, q, main: html`${cutShort(search)}${found}${rest}` })
}

/** The page before anything can be searched for. */
export const emptySearchPage = (caller: Caller): string =>
  adminPage({
    title: 'Find a purchase',
    caller,
    main: html`<p class="empty">Expected a job id, the number of an order or a customer: 1 to 128 characters.</p>`,
  })
