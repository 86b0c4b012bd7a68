import { purchaseSearchQuerySchema } from '@flash-sale/shared/contract/purchase-search.ts'
import { lockOverview, purchaseSearch } from './named-schemas.ts'
import type { RouteDescription } from './route-description.ts'

/** For a browser; both pages begin like this. */
const page = { mediaType: 'text/html', example: '<!doctype html>\n<html lang="en">…</html>' }

const tag = 'Admin: watching'

const locks: RouteDescription = {
  method: 'get',
  path: '/admin/locks',
  id: 'lookAtLocks',
  tag,
  summary: 'Who holds which lock, who waits for it, and how fast it goes',
  description:
    'A browser (`Accept: text/html`) gets a page that keeps itself up to date. What workers tell is a second old at most.',
  access: 'admin',
  answers: {
    200: { description: 'What is seen now, or was half a second ago.', schema: lockOverview, text: page },
  },
  problems: ['queue-unavailable'],
}

const search: RouteDescription = {
  method: 'get',
  path: '/admin/purchases/search',
  id: 'searchPurchases',
  tag,
  summary: 'Find a purchase by job id, order or customer',
  description:
    'A customer’s purchases without an outcome are looked for among the first 20,000 in the queue, for a second at most. ' +
    'A browser (`Accept: text/html`) gets a page.',
  access: 'admin',
  query: purchaseSearchQuerySchema.extend({
    q: purchaseSearchQuerySchema.shape.q.meta({
      description: 'A job id, the id of an order, or a customer.',
      examples: ['c-17'],
    }),
  }),
  answers: {
    200: { description: 'What was found; nothing is an empty list.', schema: purchaseSearch, text: page },
  },
  problems: ['queue-unavailable', 'database-unavailable'],
}

export const lockRoutes: readonly RouteDescription[] = [locks, search]
