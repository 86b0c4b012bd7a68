/** An api that knows its customers, and tokens of them. */
import { SignJWT } from 'jose'
import { bearer } from './served-api.ts'

const secret = 'a-shared-secret-of-more-than-32-bytes'
const issuer = 'https://id.example'

/** Variables of an api with `AUTH_MODE=jwt`. */
export const jwtEnv = {
  AUTH_MODE: 'jwt',
  JWT_SECRET: secret,
  JWT_ALGORITHMS: 'HS256',
  JWT_ISSUER: issuer,
  JWT_AUDIENCE: 'shop',
}

export const tokenOf = (customerId: string, audience = 'shop'): Promise<string> =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(customerId)
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(secret))

export const customerHeaders = async (customerId: string) => bearer(await tokenOf(customerId))
