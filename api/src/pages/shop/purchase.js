/** Buying: one purchase at a time, from the button to its outcome, also across a reload of the page. */
import { CallFailed, call, callUntilAnswered, openStream, pause } from './shop-api.js'

const element = (id) => document.getElementById(id)

const randomText = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  )

/** A guest of this browser, kept for its next visit where the browser allows that. */
const guest = () => {
  const fresh = `guest-${randomText().slice(0, 12)}`
  try {
    const known = localStorage.getItem('flash-sale-customer') ?? fresh
    localStorage.setItem('flash-sale-customer', known)
    return known
  } catch {
    return fresh
  }
}

/**
 * Who buys: a guest where the api takes the buyer's word, else whoever came with `#token=…`, which is taken out of the
 * address at once; undefined: nobody.
 */
export const buyerOfPage = () => {
  if (document.body.dataset.customerFrom === 'body') {
    const customerId = guest()
    return {
      body: { customerId },
      headers: {},
      says: `You are ${customerId}. Another browser is another buyer.`,
    }
  }
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (!token) return undefined
  history.replaceState(null, '', location.pathname + location.search)
  return {
    body: {},
    headers: { Authorization: `Bearer ${token}` },
    says: 'You buy as the customer of your token.',
  }
}

const outcomeTexts = {
  confirmed: ({ orderId, quantity }) => [
    'It is yours',
    `Order ${orderId}, ${quantity === 1 ? '1 unit' : `${quantity} units`}.`,
  ],
  sold_out: () => ['Sold out', 'There were not enough units left when your turn came.'],
  limit_reached: () => ['You have yours already', 'Nobody may buy more than the limit per customer.'],
  not_on_sale: () => ['Not on sale', 'The sale was closed when your turn came.'],
  failed: () => ['That did not work', 'This purchase can never be settled. Please try again.'],
}

const refusalTitles = {
  'sold-out': 'Sold out',
  'sale-not-open': 'Not open yet',
  unauthorized: 'Please sign in again',
}

const secondsText = (ms) =>
  ms < 950 ? `${Math.max(0.1, ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`

/** Where a purchase is, in a sentence. */
export const placeText = ({ status, aheadEstimate, etaMs }) => {
  if (status === 'settling') return 'Your turn: being decided now.'
  if (aheadEstimate === undefined) return 'Your place is kept.'
  const ahead = aheadEstimate === 0 ? 'You are next' : `${aheadEstimate} ahead of you`
  return etaMs === undefined ? `${ahead}.` : `${ahead}, about ${secondsText(etaMs)}.`
}

const show = (kind, title, text) => {
  element('result').hidden = false
  element('result').dataset.result = kind
  element('result-title').textContent = title
  element('result-text').textContent = text
  element('progress').hidden = kind !== 'waiting'
}

const isOutcome = ({ status }) => Object.hasOwn(outcomeTexts, status)

const showView = (view) => {
  if (isOutcome(view)) show(view.status, ...outcomeTexts[view.status](view))
  else show('waiting', 'You are in line', placeText(view))
}

const showTrouble = (title) => (failure) =>
  show('waiting', title, `${failure.message} Trying again: you cannot buy twice by it.`)

/** By its event stream, which cannot carry a token: with one, by requests that are held until there is news. */
const follow = (jobId, buyer) => {
  const path = `purchases/${jobId}`
  if (buyer.headers.Authorization) return followHeld(path, buyer)
  return new Promise((resolve) => {
    const showSeen = (view) => {
      showView(view)
      if (!isOutcome(view)) return
      close()
      resolve()
    }
    const close = openStream(`${path}/events`, 'status', {
      onEvent: showSeen,
      // A stream that was refused does not say why: there may be too many, so that it has to be asked; and a purchase that
      // nobody knows any more would be waited for in vain.
      onBreak: () =>
        call(path).then(showSeen, (failure) => {
          if (failure.code !== 'unknown-purchase') return
          close()
          show('failed', 'Your purchase was lost', 'The queue has lost it before its turn. Please buy again.')
          resolve()
        }),
    })
  })
}

const followHeld = async (path, { headers }) => {
  for (;;) {
    const held = { headers: { ...headers, Prefer: 'wait=10' } }
    const view = await callUntilAnswered(path, held, showTrouble('You are in line'))
    showView(view)
    if (isOutcome(view)) return
    await pause(view.pollAfterMs ?? 250)
  }
}

const pendingKey = 'flash-sale-pending'

const remember = (jobId) => {
  try {
    if (jobId) sessionStorage.setItem(pendingKey, jobId)
    else sessionStorage.removeItem(pendingKey)
  } catch {
    // Then a reload forgets the purchase; it is settled all the same.
  }
}

const remembered = () => {
  try {
    return sessionStorage.getItem(pendingKey)
  } catch {
    return null
  }
}

const followToEnd = async (jobId, buyer) => {
  try {
    await follow(jobId, buyer)
  } catch (failure) {
    if (!(failure instanceof CallFailed)) throw failure
    show('failed', 'The outcome cannot be shown', failure.message)
  }
  remember(undefined)
}

const buy = async (view, buyer) => {
  show('waiting', 'Joining the line', 'Sending your purchase…')
  try {
    const { jobId } = await callUntilAnswered(
      'purchases',
      {
        body: { productId: view.id, quantity: Number(element('quantity').value), ...buyer.body },
        // The same however often it is sent, so that it stays one purchase.
        headers: { ...buyer.headers, 'Idempotency-Key': randomText() },
      },
      showTrouble('Not in line yet'),
    )
    remember(jobId)
    show('waiting', 'You are in line', placeText({}))
    await followToEnd(jobId, buyer)
  } catch (failure) {
    if (!(failure instanceof CallFailed)) throw failure
    show(failure.code, refusalTitles[failure.code] ?? 'The shop refused', failure.message)
  }
}

/** Puts the button to work, and goes on with a purchase that was under way. */
export const openPurchase = async (view, buyer) => {
  const busyWhile = async (work) => {
    view.setBusy(true)
    await work.finally(() => view.setBusy(false))
  }
  element('buyer').textContent = buyer.says
  element('buy-form').hidden = false
  element('buy-form').addEventListener('submit', (event) => {
    event.preventDefault()
    if (view.isOpen()) void busyWhile(buy(view, buyer))
  })
  const jobId = remembered()
  if (jobId && buyer.body.customerId) await busyWhile(followToEnd(jobId, buyer))
}
