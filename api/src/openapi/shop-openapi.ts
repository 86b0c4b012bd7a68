/** What the shop window asks for beside purchases. */
import { race } from './named-schemas.ts'
import { productParams } from './products-openapi.ts'
import type { RouteDescription } from './route-description.ts'

const exampleProduct = {
  stock: 63,
  opensAt: null,
  closesAt: null,
  saleStatus: 'open',
  now: '2030-01-31T18:00:00.120Z',
}

const watchProduct: RouteDescription = {
  method: 'get',
  path: '/products/{id}/events',
  id: 'watchProduct',
  tag: 'Products',
  summary: 'Stock and sale of a product, live',
  description:
    'Server-Sent Events `product`: at once, and whenever something changed, at most four a second. Their `data` are a ' +
    '`ProductEvent`, with `now` by the clock that decides about purchases. A comment ' +
    'every 15 s; ends after 15 minutes, and an `EventSource` comes back by itself. 429: this address has as many streams ' +
    'open as it may.',
  access: 'visitor',
  params: productParams,
  answers: {
    200: {
      description: 'Goes on for as long as the client listens.',
      text: {
        mediaType: 'text/event-stream',
        example: `retry: 1000\n\nevent: product\nid: 7\ndata: ${JSON.stringify(exampleProduct)}\n\n`,
      },
    },
  },
  problems: ['unknown-product', 'overloaded', 'database-unavailable'],
}

const startRace: RouteDescription = {
  method: 'post',
  path: '/demo/races',
  id: 'startRace',
  tag: 'Demo',
  summary: 'Two demo products to be bought naively and with the lock, side by side',
  description:
    'Gives both their whole stock back and forgets what was bought of them; the caller then sends the purchases. One race ' +
    'at a time. Only where `DEMO_STRATEGIES` is on and `AUTH_MODE` is `none`; elsewhere there is nothing at this address.',
  access: 'anyone',
  answers: {
    201: { description: 'The race, before its first purchase.', schema: race, headers: ['Location'] },
  },
  problems: ['unknown-route', 'rate-limited', 'queue-unavailable', 'database-unavailable'],
}

const latestRace: RouteDescription = {
  method: 'get',
  path: '/demo/races/latest',
  id: 'readLatestRace',
  tag: 'Demo',
  summary: 'How the latest race stands',
  access: 'anyone',
  answers: { 200: { description: 'Counted in Postgres, in one moment.', schema: race } },
  problems: ['unknown-route', 'unknown-product', 'database-unavailable'],
}

export const shopRoutes: readonly RouteDescription[] = [watchProduct, startRace, latestRace]
