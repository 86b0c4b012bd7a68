/** The shop window: which product, live for as long as somebody looks at it. */
import { buyerOfPage } from './buyer.js'
import { openStream } from './event-stream.js'
import { openProductView, priceText } from './product-view.js'
import { openPurchase } from './purchase.js'
import { openRace } from './race.js'
import { CallFailed, callUntilAnswered } from './shop-api.js'

const element = (id) => document.getElementById(id)

const notice = (text) => {
  if (element('notice').textContent !== text) element('notice').textContent = text
}

const onTrouble = () => notice('The shop cannot be reached just now. Trying again…')

/** The products of the race have a place of their own on this page. */
const isForSale = ({ demo, name }) => !(demo && name.startsWith('Race: '))

/** The newest that can be bought, else the newest whose sale is not over. */
const bestOf = (products) => {
  const notClosed = products.filter(({ saleStatus }) => saleStatus !== 'closed')
  return notClosed.find(({ stock }) => stock > 0) ?? notClosed[0] ?? products[0]
}

const drawOthers = (products) => {
  const items = products.slice(0, 20).map(({ id, name, price, stock, saleStatus }) => {
    const link = Object.assign(document.createElement('a'), { href: `?product=${id}`, textContent: name })
    const left = saleStatus === 'closed' ? 'closed' : stock === 0 ? 'sold out' : `${stock} left`
    const facts = [price && priceText(price), left].filter(Boolean).join(', ')
    const item = document.createElement('li')
    item.append(
      link,
      Object.assign(document.createElement('span'), { className: 'faint', textContent: ` ${facts}` }),
    )
    return item
  })
  element('other-products').replaceChildren(...items)
  element('others').hidden = items.length === 0
}

const chosenId = new URLSearchParams(location.search).get('product')

/** The product of the address, or the best one. */
const choose = async () => {
  const products = (await callUntilAnswered('products', {}, onTrouble)).filter(isForSale)
  const chosen =
    chosenId === null
      ? bestOf(products)
      : await callUntilAnswered(`products/${encodeURIComponent(chosenId)}`, {}, onTrouble)
  drawOthers(products.filter(({ id }) => id !== chosen?.id))
  return chosen
}

/** Streams stock and sale while the page is seen: hidden tabs hold no connection, of which a browser has six. */
const followProduct = (view) => {
  let close
  const follow = () => {
    close?.()
    close = undefined
    if (document.hidden) return
    close = openStream(`products/${view.id}/events`, 'product', {
      onEvent: (event) => {
        notice('')
        view.show(event)
      },
      onBreak: () => notice('The connection broke off: stock may be out of date. Trying again…'),
    })
  }
  document.addEventListener('visibilitychange', follow)
  follow()
}

const open = async () => {
  const product = await choose()
  if (!product) return notice('There is nothing on sale yet.')
  notice('')
  const view = openProductView(product)
  followProduct(view)
  const buyer = buyerOfPage()
  element('sign-in').hidden = buyer !== undefined
  if (buyer) await openPurchase(view, buyer)
}

openRace()
open().catch((failure) => {
  if (!(failure instanceof CallFailed)) throw failure
  notice(failure.code === 'unknown-product' ? `There is no product ${chosenId} here.` : failure.message)
})
