import type { Logger } from '@flash-sale/shared/logger.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { Request, RequestHandler, Response } from 'express'
import { type Options, type RateLimitRequestHandler, rateLimit } from 'express-rate-limit'
import { sendProblem } from '../problem-answer.ts'
import { addressOf } from './client-address.ts'
import { limitStore } from './limit-store.ts'
import { memoryCounters } from './memory-counters.ts'

/** Whatever the parameters of its route. */
type IncomingRequest = Request<Record<string, string>>

/** At most `count` in each window of `windowS` seconds. */
export interface RateLimit {
  count: number
  windowS: number
}

export interface PurchaseLimits {
  /**
   * Counts a purchase; false when it is one too many, and then it has been answered (429). While Redis cannot count,
   * everybody passes: the queue, which is there too, refuses them anyway.
   */
  admit(request: IncomingRequest, response: Response, customerId: string): Promise<boolean>
}

declare global {
  namespace Express {
    interface Locals {
      /** Whose purchases are counted. */
      customerId?: string
    }
  }
}

const faultLogEveryMs = 10_000

/** One line in a while: a Redis that is away fails every purchase's count. */
const faultLogger = (logger: Logger): Options['logger'] => {
  let quietUntilMs = 0
  const warn = (error: unknown): void => {
    if (Date.now() < quietUntilMs) return
    quietUntilMs = Date.now() + faultLogEveryMs
    const reason = error instanceof Error ? error.message : String(error)
    logger.warn({ reason }, 'purchases are not counted: rate limits are off')
  }
  return { error: warn, warn }
}

const limitOf = ({ count, windowS }: RateLimit): Partial<Options> => ({
  limit: count,
  windowMs: windowS * 1_000,
  standardHeaders: 'draft-8',
  legacyHeaders: false,
  // Checks of how the library is set up, made once by our tests and not at every request.
  validate: false,
})

/** Seconds until the window ends, as the library has computed them; at least one. */
const sendLimited = (response: Response, expected: string): void => {
  const retryAfterS = Math.max(1, Number(response.getHeader('Retry-After') ?? 1))
  sendProblem(response, {
    code: 'rate-limited',
    detail: `expected fewer ${expected}: try again in ${retryAfterS} s`,
    retryAfterS,
  })
}

class OverLimit extends Error {}

const passes = (limiter: RequestHandler, request: IncomingRequest, response: Response): Promise<boolean> =>
  new Promise((resolve, reject) => {
    limiter(request, response, (error?: unknown) => {
      if (error === undefined) resolve(true)
      else if (error instanceof OverLimit) resolve(false)
      else reject(error)
    })
  })

export interface PurchaseLimitOptions {
  redis: Redis
  /** Put before the counters' keys. */
  keyPrefix: string
  perIp: RateLimit | undefined
  perCustomer: RateLimit | undefined
  logger: Logger
}

/** Undefined when neither limit is set. */
export const openPurchaseLimits = (options: PurchaseLimitOptions): PurchaseLimits | undefined => {
  const { redis, keyPrefix, perIp, perCustomer } = options
  const logger = faultLogger(options.logger)
  const overLimit = new OverLimit()
  const limiter = (
    name: string,
    limit: RateLimit | undefined,
    keyGenerator: Options['keyGenerator'],
  ): RequestHandler[] => {
    if (!limit) return []
    return [
      rateLimit({
        ...limitOf(limit),
        identifier: name,
        keyGenerator,
        store: limitStore(redis, `${keyPrefix}${name}:`),
        passOnStoreError: true,
        logger,
        handler: (_request, _response, next) => next(overLimit),
      }),
    ]
  }
  const limiters = [
    ...limiter('per-ip', perIp, addressOf),
    ...limiter('per-customer', perCustomer, (_request, response) => response.locals.customerId ?? ''),
  ]
  if (limiters.length === 0) return undefined
  return {
    admit: async (request, response, customerId) => {
      response.locals.customerId = customerId
      // Both at once: their commands leave together, and one round trip is waited for.
      const passed = await Promise.all(limiters.map((limit) => passes(limit, request, response)))
      if (passed.every(Boolean)) return true
      sendLimited(response, 'requests from this customer or address')
      return false
    },
  }
}

export interface PerIpOptions {
  /** What there should be fewer of, for who is held back. */
  what?: string
  /** Whether only what is answered with a refusal is counted. */
  onlyFailures?: boolean
}

/** Holds back an address that asks too often, counted by this process alone. @param name in the `RateLimit` headers. */
export const limitPerIp = (
  limit: RateLimit,
  name: string,
  { what = 'requests', onlyFailures = false }: PerIpOptions = {},
): RateLimitRequestHandler =>
  rateLimit({
    ...limitOf(limit),
    identifier: name,
    keyGenerator: addressOf,
    store: memoryCounters(),
    skipSuccessfulRequests: onlyFailures,
    handler: (_request, response) => sendLimited(response, `${what} from this address`),
  })
