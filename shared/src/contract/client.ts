/**
 * A typed client of the engine, for browsers and Node 20 or newer, without dependencies. Refusals are values
 * (`{ kind: 'refused', problem }`); what could not be found out is thrown as a `ClientFault`.
 */
import { type Bought, type Buying, buyWith, type Purchase } from './client-buy.ts'
import { ClientFault } from './client-fault.ts'
import { type Answer, type Fetch, isRecord, problemOf, send, type Token } from './client-http.ts'
import { type Ended, type Following, outcomeWith } from './client-outcome.ts'
import { type CallOptions, patienceOf } from './client-patience.ts'
import type { Order, Outcome, Problem, Product, PurchaseList, PurchaseView } from './client-types.ts'

export interface ClientOptions {
  /** Where the engine is, such as `https://shop.example` or `https://shop.example/sale`. */
  baseUrl: string
  /** Default: the global one. */
  fetch?: Fetch
  /** Of the customer (or an admin), where the engine asks for one. */
  token?: Token
  /** Limit on one attempt; default 15 s. */
  attemptTimeoutMs?: number
  /** How often a purchase is sent at most; default 30. */
  attemptsMax?: number
  /** Cuts a longer `Retry-After`; default: it is honoured whole, and a call without so much time left ends. */
  retryAfterMsMax?: number
  /** False: `outcome` only polls; default true. */
  events?: boolean
}

export type Found<T> = { kind: 'found'; value: T } | { kind: 'refused'; problem: Problem }

export interface PageWanted {
  /** The `nextCursor` of the page before. */
  cursor?: string
  /** Purchases on the page, 100 at most; default 50. */
  limit?: number
  /** Only purchases that ended so. */
  outcome?: Outcome
}

export interface FlashSaleClient {
  /**
   * Sends a purchase, again with the same key after lost answers, 429 and 503, until it is accepted or refused; within
   * 60 s unless told otherwise. @throws {ClientFault} with the key, and whether it may have been accepted.
   */
  buy(purchase: Purchase, options?: CallOptions & Buying): Promise<Bought>
  /** Waits for the outcome of a purchase; within 5 minutes unless told otherwise. @throws {ClientFault} */
  outcome(jobId: string, options?: CallOptions & Following): Promise<Ended>
  /** Looks at a purchase once. @throws {ClientFault} */
  purchase(jobId: string, options?: CallOptions): Promise<Found<PurchaseView>>
  /** The order of a confirmed purchase. @throws {ClientFault} */
  order(id: number | string, options?: CallOptions): Promise<Found<Order>>
  /**
   * One page of what is settled of a customer's purchases, the last settled first; there are more as long as it holds a
   * `nextCursor`. @param customerId `me` for whom the token is of. @throws {ClientFault}
   */
  purchasesOf(customerId: string, options?: CallOptions & PageWanted): Promise<Found<PurchaseList>>
  /** The newest products, at most a hundred; with `before` those older than that id. @throws {ClientFault} */
  products(options?: CallOptions & { before?: number }): Promise<Found<Product[]>>
  /** @throws {ClientFault} */
  product(id: number, options?: CallOptions): Promise<Found<Product>>
}

const buyWithinMs = 60_000
const outcomeWithinMs = 300_000
const readWithinMs = 15_000

const queryOf = (fields: Readonly<Record<string, string | number | undefined>>): string => {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  const query = new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()
  return query === '' ? '' : `?${query}`
}

type IsExpected = (body: unknown) => boolean

/** @throws {ClientFault} for a 5xx, and for what is neither the body that was expected nor a problem. */
const foundIn = <T>(answer: Answer, what: string, isExpected: IsExpected): Found<T> => {
  const { status, body } = answer
  if (status === 200 && isExpected(body)) return { kind: 'found', value: body as T }
  const problem = problemOf(answer)
  if (problem && status < 500) return { kind: 'refused', problem }
  if (status >= 500) {
    const message = problem ? `${what}: ${problem.code}: ${problem.detail}` : `${what}: HTTP ${status}`
    throw new ClientFault('unavailable', message, { status, problem })
  }
  throw new ClientFault('unreadable', `${what}: HTTP ${status} without what the contract says`, { status })
}

/** @throws {TypeError} when `baseUrl` is none. */
export const createClient = (options: ClientOptions): FlashSaleClient => {
  const { protocol, origin, pathname } = new URL(options.baseUrl)
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new TypeError(`baseUrl: expected an http or https address, got ${protocol}`)
  }
  const settings = {
    baseUrl: origin + pathname.replace(/\/+$/, ''),
    // Called as a function of nothing: browsers refuse a fetch that is a method of something else.
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    token: options.token,
    attemptTimeoutMs: options.attemptTimeoutMs ?? 15_000,
    attemptsMax: options.attemptsMax ?? 30,
    retryAfterMsMax: options.retryAfterMsMax ?? Number.POSITIVE_INFINITY,
    events: options.events ?? true,
  }

  const read = async <T>(
    path: string,
    { withinMs = readWithinMs, signal }: CallOptions,
    isExpected = isRecord as IsExpected,
  ) => {
    const patience = patienceOf(`GET ${path}`, withinMs, signal)
    return foundIn<T>(await send(settings, { method: 'GET', path }, patience), path, isExpected)
  }

  return {
    buy: (purchase, { withinMs = buyWithinMs, signal, ...buying } = {}) =>
      buyWith(settings, purchase, buying, patienceOf('buying', withinMs, signal)),
    outcome: (jobId, { withinMs = outcomeWithinMs, signal, ...following } = {}) =>
      outcomeWith(settings, jobId, following, patienceOf('waiting for the outcome', withinMs, signal)),
    purchase: (jobId, call = {}) => read(`/purchases/${encodeURIComponent(jobId)}`, call),
    order: (id, call = {}) => read(`/orders/${encodeURIComponent(id)}`, call),
    purchasesOf: (customerId, { cursor, limit, outcome, ...call } = {}) => {
      const path = `/customers/${encodeURIComponent(customerId)}/purchases`
      return read(path + queryOf({ cursor, limit, outcome }), call)
    },
    products: ({ before, ...call } = {}) => read(`/products${queryOf({ before })}`, call, Array.isArray),
    product: (id, call = {}) => read(`/products/${id}`, call),
  }
}
