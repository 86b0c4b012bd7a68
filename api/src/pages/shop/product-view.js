/** Draws a product: stock, price, and the time until its sale opens. */

const element = (id) => document.getElementById(id)

const write = (id, text) => {
  // Only what changed is touched, so that nothing is read out twice.
  if (element(id).textContent !== text) element(id).textContent = text
}

/** A price as people write it; how many digits a currency has behind the point is known to the browser. */
export const priceText = ({ amountMinor, currency }) => {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  return format.format(amountMinor / 10 ** format.resolvedOptions().maximumFractionDigits)
}

/** How long until then, as in `1 d 02:03:04`. */
export const remainingText = (ms) => {
  const s = Math.max(0, Math.ceil(ms / 1_000))
  const [days, hours, minutes, seconds] = [s / 86_400, (s / 3_600) % 24, (s / 60) % 60, s % 60].map(
    Math.floor,
  )
  const clock = [hours, minutes, seconds].map((part) => String(part).padStart(2, '0')).join(':')
  return days > 0 ? `${days} d ${clock}` : clock
}

const saleOf = ({ saleStatus, stock }) => {
  if (saleStatus === 'closed') return { kind: 'closed', badge: 'Sale closed', button: 'Sale closed' }
  if (saleStatus === 'upcoming') return { kind: 'upcoming', badge: 'Opens soon', button: 'Not open yet' }
  if (stock === 0) return { kind: 'sold-out', badge: 'Sold out', button: 'Sold out' }
  return { kind: 'open', badge: 'On sale now', button: 'Buy' }
}

const limitText = ({ perCustomerLimit }) =>
  perCustomerLimit === null ? '' : `At most ${perCustomerLimit} per customer.`

const drawQuantities = ({ perCustomerLimit, maxPerPurchase }) => {
  const max = Math.min(perCustomerLimit ?? 10, maxPerPurchase ?? 10)
  element('quantity').replaceChildren(...Array.from({ length: max }, (_, at) => new Option(at + 1, at + 1)))
  element('quantity-field').hidden = max === 1
}

/** Draws what does not change while it is looked at, and gives what draws the rest. */
export const openProductView = (product) => {
  let now = product
  /** How far the clock that decides is ahead of this browser's. */
  let aheadMs = 0
  let busy = false

  const drawButton = () => {
    const { kind, button } = saleOf(now)
    write('buy', busy ? 'In line…' : button)
    // Not `disabled`: that would take the focus from who has just pressed it.
    element('buy').setAttribute('aria-disabled', String(busy || kind !== 'open'))
  }
  const drawCountdown = () => {
    const upcoming = now.saleStatus === 'upcoming' && now.opensAt !== null
    element('countdown').hidden = !upcoming
    if (!upcoming) return
    const leftMs = Date.parse(now.opensAt) - (Date.now() + aheadMs)
    write('countdown', leftMs > 0 ? `Opens in ${remainingText(leftMs)}` : 'Opening…')
  }
  const draw = () => {
    const { kind, badge } = saleOf(now)
    element('sale').dataset.sale = kind
    write('sale', badge)
    write('stock', String(now.stock))
    write('stock-of', `of ${product.initialStock} left`)
    const part = Math.min(1, now.stock / Math.max(1, product.initialStock))
    element('stock-bar').style.width = `${part * 100}%`
    drawButton()
    drawCountdown()
  }

  document.title = `${product.name} · Flash sale`
  write('name', product.name)
  element('price').hidden = product.price === null
  if (product.price) write('price', priceText(product.price))
  element('limit').hidden = limitText(product) === ''
  write('limit', limitText(product))
  drawQuantities(product)
  element('product').hidden = false
  draw()
  setInterval(drawCountdown, 250)

  return {
    id: product.id,
    /** What an event of the product's stream says. */
    show: (event) => {
      now = { ...now, ...event }
      aheadMs = Date.parse(event.now) - Date.now()
      draw()
    },
    setBusy: (isBusy) => {
      busy = isBusy
      drawButton()
    },
    isOpen: () => !busy && saleOf(now).kind === 'open',
  }
}
