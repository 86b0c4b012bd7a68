/** Customers' tokens: JWTs (RFC 7519) of somebody else, which we check and never make. */
import { customerIdSchema } from '@flash-sale/shared/contract/purchase.ts'
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose'

export type VerifiedCustomer =
  /** `validUntilMs`: epoch milliseconds from which on the token is refused, tolerance included. */
  | { kind: 'customer'; customerId: string; validUntilMs: number }
  /** `why` is for the caller: it says what was expected, and repeats nothing of the token. */
  | { kind: 'invalid'; why: string }
  /** The keys cannot be had: the token may be right. */
  | { kind: 'unavailable'; reason: string }

export interface CustomerTokens {
  /** Never throws. */
  verify(token: string): Promise<VerifiedCustomer>
}

export interface CustomerTokenOptions {
  /** Where the keys are, or the one that signs and checks. */
  keys: { jwksUrl: string } | { secret: string }
  /** Those of `alg` that are taken, and no others. */
  algorithms: readonly string[]
  issuer: string
  audience: string
  /** By how much clocks may differ, in seconds. */
  clockToleranceS: number
}

/** A purchase is answered within 2 s; most of that is for the queue. */
const fetchTimeoutMs = 1_000
/** A token with a key that we do not know makes us ask for the keys at most this often. */
const unknownKeyCooldownMs = 30_000
/** A key that was withdrawn is trusted no longer than this. */
const keysAgeMsMax = 600_000
/** After a failed fetch nobody waits for another one before this time is over. */
const failedFetchCooldownMs = 2_000

const faultOfToken = [
  errors.JWTExpired,
  errors.JWTClaimValidationFailed,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
]

class KeysUnavailableError extends Error {
  override name = 'KeysUnavailableError'
}

const whyOf = (error: unknown): string | undefined => {
  if (error instanceof errors.JWTExpired) return 'expected a token that has not expired'
  if (
    error instanceof errors.JWTClaimValidationFailed &&
    error.reason === 'check_failed' &&
    error.claim === 'nbf'
  )
    return 'expected a token that is valid already'
  if (error instanceof errors.JWTClaimValidationFailed)
    return `expected a token with the right ${error.claim}, got ${error.reason === 'missing' ? 'none' : 'another'}`
  return faultOfToken.some((fault) => error instanceof fault)
    ? 'expected a token signed by a known key with an allowed algorithm'
    : undefined
}

/** The keys behind a URL, kept for ten minutes; while they cannot be fetched, that is said at once. */
const remoteKeys = (jwksUrl: string): JWTVerifyGetKey => {
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: fetchTimeoutMs,
    cooldownDuration: unknownKeyCooldownMs,
    cacheMaxAge: keysAgeMsMax,
  })
  let failedUntilMs = 0
  return async (header, input) => {
    if (!keys.fresh && Date.now() < failedUntilMs)
      throw new KeysUnavailableError('fetching the keys has just failed')
    try {
      return await keys(header, input)
    } catch (error) {
      if (whyOf(error) === undefined) failedUntilMs = Date.now() + failedFetchCooldownMs
      throw error
    }
  }
}

const secretKey = (secret: string): JWTVerifyGetKey => {
  const bytes = new TextEncoder().encode(secret)
  return async () => bytes
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * Checks signature, algorithm, issuer, audience, `exp` (which every token must have) and `nbf`. The customer is `sub`.
 * No token is remembered: what has expired is refused at once.
 */
export const openCustomerTokens = (options: CustomerTokenOptions): CustomerTokens => {
  const { keys, issuer, audience } = options
  const key = 'secret' in keys ? secretKey(keys.secret) : remoteKeys(keys.jwksUrl)
  const rules = {
    algorithms: [...options.algorithms],
    issuer,
    audience,
    clockTolerance: options.clockToleranceS,
    requiredClaims: ['sub', 'exp'],
  }
  return {
    verify: async (token) => {
      try {
        const { payload } = await jwtVerify(token, key, rules)
        const customer = customerIdSchema.safeParse(payload.sub)
        const validUntilMs = ((payload.exp ?? 0) + options.clockToleranceS) * 1_000
        if (customer.success) return { kind: 'customer', customerId: customer.data, validUntilMs }
        return { kind: 'invalid', why: 'expected a token whose sub is a customer id of 1 to 128 characters' }
      } catch (error) {
        const why = whyOf(error)
        if (why !== undefined) return { kind: 'invalid', why }
        return { kind: 'unavailable', reason: `checking a token: ${reasonOf(error)}` }
      }
    },
  }
}
