/** Requests that a generator would hardly find: what it takes for each answer that is seldom given. */
import { type FuzzRequest, type Known, shopOrigin } from './arbitrary-requests.ts'
import type { ServedApi } from './served-api.ts'
import { settle } from './settled-by-hand.ts'

type Headers = Record<string, string>

interface Buyer {
  customerId: string
  headers: Headers
  /** What the body says of the customer: nothing, where the token does. */
  named: { customerId?: string }
}

const request = (method: string, path: string, headers: Headers = {}, body?: unknown): FuzzRequest => ({
  method,
  path,
  headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
  body: body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
})

/** From pages of other origins, and with something that is expected of us. */
const publicPages = [shopOrigin, 'https://evil.example'].flatMap((origin) => [
  request('OPTIONS', '/purchases', {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,idempotency-key,prefer',
  }),
  request('OPTIONS', '/products/1/nothing', { origin }),
  request('OPTIONS', '/admin/queue', { origin }),
  request('GET', '/products', { origin }),
  request('GET', '/products/0', { origin }),
  request('POST', '/products', { origin, expect: '100-continue' }, {}),
])

/** Buys with a key and settles it by hand. @returns the request that is answered with the outcome, and what it came to. */
const bought = async (api: ServedApi, buyer: Buyer, product: Record<string, unknown>, before = 0) => {
  const productId = await api.createProduct(product)
  const call = (key: string, more: Headers = {}) =>
    request(
      'POST',
      '/purchases',
      { ...buyer.headers, 'idempotency-key': `${productId}-${key}`, ...more },
      { productId, ...buyer.named },
    )
  const buy = async (key: string) => {
    const { headers, body } = call(key)
    const answer = await api.call('/purchases', { headers: headers as Headers, raw: String(body) })
    return {
      jobId: String(answer.body.jobId),
      ...(await settle(api, productId, answer.body.jobId, buyer.customerId)),
    }
  }
  for (let n = 0; n < before; n += 1) await buy(`before ${n}`)
  return { ...(await buy('last')), productId, again: call('last', { prefer: 'wait=5' }) }
}

/** Makes what there is to be found. @param admin an operator's headers. */
export const stageFor = async (
  api: ServedApi,
  buyer: Buyer,
  admin: { operator: Headers; viewer: Headers },
) => {
  const confirmed = await bought(api, buyer, { demo: true })
  const refused = [
    await bought(api, buyer, { stock: 0 }),
    await bought(api, buyer, { perCustomerLimit: 1 }, 1),
    await bought(api, buyer, { closesAt: '2020-01-01T00:00:00Z' }),
  ]
  const { productId } = confirmed
  const json = { productId, ...buyer.named }
  const waiting = String((await api.call('/purchases', { json, headers: buyer.headers })).body.jobId)
  const known: Known = {
    productIds: [confirmed, ...refused].map((each) => String(each.productId)),
    jobIds: [waiting, confirmed.jobId],
    orderIds: [String(confirmed.orderId)],
    customerIds: [buyer.customerId, 'me'],
    callers: [admin.operator, admin.viewer, buyer.headers],
  }
  const form = (token: string): string => new URLSearchParams({ name: 'admin', token }).toString()
  const ownPage = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' }
  const token = String(admin.operator.authorization).replace('Bearer ', '')
  const list = `/customers/${buyer.customerId}/purchases`
  const { nextCursor } = (await api.call(`${list}?limit=1`, { headers: buyer.headers })).body
  const { again } = confirmed
  const directed = [
    ...[confirmed, ...refused].map((each) => each.again),
    request('POST', '/purchases', again.headers as Headers, { ...json, quantity: 2 }),
    request('POST', '/purchases', buyer.headers, { ...json, padding: 'x'.repeat(5_000) }),
    request('POST', '/purchases', { ...buyer.headers, 'content-type': 'text/plain' }, json),
    request('POST', '/purchases', admin.viewer, json),
    request('POST', '/purchases', { ...buyer.headers, prefer: 'wait=0' }, json),
    request('POST', '/purchases', buyer.headers, { ...json, note: ' '.repeat(5_000) }),
    request('POST', '/purchases', { ...buyer.headers, 'content-type': 'text/plain' }, 'buy'),
    request('GET', `/purchases/${waiting}`, { ...buyer.headers, prefer: 'wait=0' }),
    request('GET', `/purchases/${confirmed.jobId}`, { ...buyer.headers, prefer: 'wait=5' }),
    request('GET', `/purchases/${waiting}/events`, buyer.headers),
    request('GET', `/purchases/${confirmed.jobId}/events`, buyer.headers),
    request('GET', `/purchases/${confirmed.jobId}/events`, {
      ...buyer.headers,
      'last-event-id': 'confirmed',
    }),
    request('HEAD', `/purchases/${waiting}/events`, buyer.headers),
    request('GET', `/orders/${confirmed.orderId}`, buyer.headers),
    request('GET', `${list}?limit=1&cursor=${nextCursor}`, buyer.headers),
    request('GET', '/customers/me/purchases', admin.viewer),
    request('GET', '/admin/purchases?limit=1', admin.viewer),
    request('GET', '/admin/queue', { accept: 'text/html' }),
    request('POST', '/admin/queue/pause', admin.viewer),
    request('POST', '/admin/queue/resume', { ...admin.operator, accept: 'text/html' }),
    request('GET', '/admin/locks', admin.viewer),
    request('GET', '/admin/locks', { ...admin.viewer, accept: 'text/html' }),
    request('GET', `/admin/purchases/search?q=${confirmed.orderId}`, admin.viewer),
    request('GET', `/admin/purchases/search?q=${waiting}`, { ...admin.viewer, accept: 'text/html' }),
    request('GET', '/metrics', admin.viewer),
    request('GET', '/admin/metrics', admin.viewer),
    ...publicPages,
    request('POST', '/admin/sign-in', ownPage, form(token)),
    request('POST', '/admin/sign-in', ownPage, form('wrong')),
    request('POST', '/admin/sign-in', {}, form(token)),
    request('POST', '/admin/sign-out', ownPage),
  ]
  return { known, directed }
}
