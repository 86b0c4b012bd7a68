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
  }
}

/** What production is limited to unless it says otherwise. Elsewhere a load test comes from one address. */
const productionLimits = { perIp: '300/60', perCustomer: '30/60', readsPerIp: '6000/60' }

const limitOf = (given: string | undefined, fallback: string | undefined): RateLimit | undefined => {
  const [count, windowS] = (given ?? fallback ?? 'off').split('/').map(Number)
  return count === undefined || windowS === undefined ? undefined : { count, windowS }
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
    },
  }
}
