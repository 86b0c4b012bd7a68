import type { IncomingMessage } from 'node:http'

/** What an `Authorization` header holds; `other` is a scheme that we do not know, or one of ours that is malformed. */
export type Credentials =
  | { scheme: 'none' }
  | { scheme: 'bearer'; token: string }
  | { scheme: 'basic'; user: string; password: string }
  | { scheme: 'other' }

const basicOf = (encoded: string): Credentials => {
  const decoded = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon < 0) return { scheme: 'other' }
  return { scheme: 'basic', user: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

/** Reads `Authorization: Bearer` (RFC 6750) and `Basic` (RFC 7617). */
export const credentialsOf = (request: Pick<IncomingMessage, 'headers'>): Credentials => {
  const header = request.headers.authorization
  if (header === undefined) return { scheme: 'none' }
  const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(header)?.[1]
  if (token !== undefined) return { scheme: 'bearer', token }
  const encoded = /^Basic +([\w+/-]+={0,2}) *$/i.exec(header)?.[1]
  return encoded === undefined ? { scheme: 'other' } : basicOf(encoded)
}
