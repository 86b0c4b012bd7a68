/** The part of the api's configuration that says how it stands in the web: behind what, for whose pages, how often. */
import { flag, text, wholeNumber } from '@flash-sale/shared/config/readers.ts'
import { z } from 'zod'
import type { RateLimit } from './purchase-limits.ts'

const rateLimit = () =>
  text({
    max: 20,
    pattern: /^(off|[1-9]\d{0,6}\/[1-9]\d{0,4})$/,
    expected: 'REQUESTS/SECONDS as in 300/60, or off',
  }).optional()

const share = () =>
  text({
    max: 20,
    pattern: /^(off|[1-9]\d{0,6})$/,
    expected: 'a whole number from 1 to 9999999, or off',
  }).optional()

const isOrigin = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text

export const webVariables = {
  BEHIND_TLS: flag(true).optional(),
  TRUST_PROXY_HOPS: wholeNumber({ min: 0, max: 10, unit: 'proxies', fallback: 0 }),
  CORS_ORIGINS: text({ max: 4_000 })
    .transform((list, ctx): string[] => {
      const origins = list.split(',').map((origin) => origin.trim())
      if (origins.every(isOrigin)) return origins
      ctx.addIssue({
        code: 'custom',
        message: 'expected origins like https://shop.example with commas between them, got something else',
      })
      return z.NEVER
    })
    .optional(),
  RATE_LIMIT_PER_IP: rateLimit(),
  RATE_LIMIT_PER_CUSTOMER: rateLimit(),
  RATE_LIMIT_READS_PER_IP: rateLimit(),
  RATE_LIMIT_WRONG_TOKENS_PER_IP: rateLimit(),
  MAX_STREAMS_PER_IP: share(),
  MAX_HELD_PER_IP: share(),
  MAX_CONNECTIONS_PER_IP: share(),
}

const webSchema = z.object(webVariables)
type WebConfig = Readonly<z.output<typeof webSchema>> & { NODE_ENV: string }

export interface WebSettings {
  /** Whether browsers reach us over TLS. */
  secure: boolean
  /** How many proxies stand before us and add to `X-Forwarded-For`. */
  proxyHops: number
  /** Whose pages may call the public api. */
  corsOrigins: readonly string[]
  limits: {
    purchasesPerIp: RateLimit | undefined
    purchasesPerCustomer: RateLimit | undefined
    readsPerIp: RateLimit | undefined
    wrongTokensPerIp: RateLimit | undefined
  }
  /** How much of what this process holds one address may have at a time; undefined: all of it. */
  shares: {
    /** Event streams of buyers. */
    streams: number | undefined
    /** Requests held for their outcome. */
    held: number | undefined
    connections: number | undefined
  }
}

/**
 * What production is limited to unless it says otherwise. Elsewhere a load test comes from one address. A tenth of all
 * streams is more than an office behind one address opens, and leaves the rest to others.
 */
const productionLimits = {
  perIp: '300/60',
  perCustomer: '30/60',
  readsPerIp: '6000/60',
  wrongTokensPerIp: '60/60',
  share: '500',
}

const limitOf = (given: string | undefined, fallback: string | undefined): RateLimit | undefined => {
  const [count, windowS] = (given ?? fallback ?? 'off').split('/').map(Number)
  return count === undefined || windowS === undefined ? undefined : { count, windowS }
}

const shareOf = (given: string | undefined, fallback: string | undefined): number | undefined => {
  const count = given ?? fallback ?? 'off'
  return count === 'off' ? undefined : Number(count)
}

/** Behind a proxy every connection comes from the proxy: a share of its address would be a limit for all clients. */
export const webProblems = (config: WebConfig): { path: ['MAX_CONNECTIONS_PER_IP']; message: string }[] => {
  const { MAX_CONNECTIONS_PER_IP: given = 'off', TRUST_PROXY_HOPS: hops } = config
  if (given === 'off' || hops === 0) return []
  const message = `expected off behind a proxy (TRUST_PROXY_HOPS=${hops}), which is where all connections come from, got ${given}`
  return [{ path: ['MAX_CONNECTIONS_PER_IP'], message }]
}

export const webSettingsOf = (config: WebConfig): WebSettings => {
  const production = config.NODE_ENV === 'production'
  const fallbacks = production ? productionLimits : undefined
  return {
    secure: config.BEHIND_TLS ?? production,
    proxyHops: config.TRUST_PROXY_HOPS,
    corsOrigins: config.CORS_ORIGINS ?? [],
    limits: {
      purchasesPerIp: limitOf(config.RATE_LIMIT_PER_IP, fallbacks?.perIp),
      purchasesPerCustomer: limitOf(config.RATE_LIMIT_PER_CUSTOMER, fallbacks?.perCustomer),
      readsPerIp: limitOf(config.RATE_LIMIT_READS_PER_IP, fallbacks?.readsPerIp),
      wrongTokensPerIp: limitOf(config.RATE_LIMIT_WRONG_TOKENS_PER_IP, fallbacks?.wrongTokensPerIp),
    },
    shares: {
      streams: shareOf(config.MAX_STREAMS_PER_IP, fallbacks?.share),
      held: shareOf(config.MAX_HELD_PER_IP, fallbacks?.share),
      connections: shareOf(config.MAX_CONNECTIONS_PER_IP, undefined),
    },
  }
}
