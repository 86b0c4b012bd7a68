/** Buying: one purchase at a time, from the button to its outcome, also across a reload of the page. */
import { randomText } from './buyer.js'
import { openStream } from './event-stream.js'
import { pendingPurchase, rememberPending } from './pending.js'
import { CallFailed, call, callUntilAnswered } from './shop-api.js'

const element = (id) => document.getElementById(id)

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

/** Until the outcome, or until it cannot be had. @throws {CallFailed} */
const follow = (jobId, { headers }) =>
  new Promise((resolve, reject) => {
    const path = `purchases/${jobId}`
    const showSeen = (view) => {
      showView(view)
      if (!isOutcome(view)) return
      close()
      resolve()
    }
    const showFailure = (failure) => {
      if (failure.passes || failure.status >= 500) return showTrouble('You are in line')(failure)
      close()
      reject(failure)
    }
    const close = openStream(`${path}/events`, 'status', {
      headers,
      onEvent: showSeen,
      // Where there are too many streams, a purchase can still be asked for.
      onBreak: (failure) =>
        failure.status === 429 ? call(path, { headers }).then(showSeen, showFailure) : showFailure(failure),
    })
  })

const showLost = (failure) => {
  if (failure.code === 'unknown-purchase')
    show('failed', 'Your purchase was lost', 'The queue has lost it before its turn. Please buy again.')
  else show('failed', refusalTitles[failure.code] ?? 'The outcome cannot be shown', failure.message)
}

const followToEnd = async (jobId, buyer) => {
  const { who, token } = buyer
  rememberPending({ jobId, who, token })
  try {
    await follow(jobId, buyer)
    rememberPending(undefined)
  } catch (failure) {
    if (!(failure instanceof CallFailed)) throw failure
    showLost(failure)
    // A token that has expired is of no use any more; whoever comes back with another one sees the outcome.
    rememberPending(failure.code === 'unauthorized' ? { jobId, who } : undefined)
  }
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
  const pending = pendingPurchase()
  if (pending?.who === buyer.who) await busyWhile(followToEnd(pending.jobId, buyer))
  else rememberPending(undefined)
}
