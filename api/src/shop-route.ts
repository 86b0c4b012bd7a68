import { Router } from 'express'
import { pageHeaders } from './auth/answer-headers.ts'
import { pageFile, readPageText, sendPageFile } from './page-files.ts'
import { methodNotAllowed, unknownRoute } from './problem-answer.ts'

export interface ShopRouteOptions {
  /** Whether browsers reach us over TLS. */
  secure: boolean
  /** `token`: the page sells only to who comes with one, since signing in is for the shop around it. */
  customerFrom: 'body' | 'token'
  /** Whether the page shows the race of naive and locked buyers. */
  races: boolean
}

const fileNames = [
  'shop.css',
  'shop.js',
  'shop-api.js',
  'event-stream.js',
  'buyer.js',
  'pending.js',
  'product-view.js',
  'purchase.js',
  'race.js',
]

const textOf = (name: string): string => readPageText(new URL(`./pages/shop/${name}`, import.meta.url))

/** The page is plain HTML: what depends on the configuration is a section, and an attribute that its script reads. */
const pageText = ({ customerFrom, races }: ShopRouteOptions): string =>
  textOf('shop.html')
    .replace('data-customer-from="body"', `data-customer-from="${customerFrom}"`)
    .replace('<!-- race -->', races ? textOf('race.html') : '')

/** The shop window, `GET /`, and its files below `/shop`. They are read when the api starts. */
export const shopRoute = (options: ShopRouteOptions): Router => {
  const page = pageFile('shop.html', pageText(options))
  const files = new Map(fileNames.map((name) => [name, pageFile(name, textOf(name))]))
  const headers = pageHeaders(options.secure)
  const router = Router()
  router
    .route('/')
    .get(headers, (request, response) => sendPageFile(request, response, page))
    .all(methodNotAllowed('GET', 'HEAD'))
  router
    .route('/shop/:file')
    .get(headers, (request, response, next) => {
      const file = files.get(request.params.file)
      if (file) sendPageFile(request, response, file)
      else unknownRoute(request, response, next)
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  return router
}
