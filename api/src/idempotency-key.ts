/** The `Idempotency-Key` of a purchase, and the id that follows from it. */
import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { idempotencyKeySchema } from '@flash-sale/shared/contract/purchase.ts'

const expected = 'expected one Idempotency-Key of 1 to 255 printable ASCII characters'

export type IdempotencyKey =
  | { kind: 'none' }
  | { kind: 'key'; key: string }
  | { kind: 'invalid'; why: string }

/** Reads the header. Its characters are not repeated in `why`: a key may be as good as a password. */
export const idempotencyKeyOf = (
  request: Pick<IncomingMessage, 'headers' | 'headersDistinct'>,
): IdempotencyKey => {
  if (request.headers['idempotency-key'] === undefined) return { kind: 'none' }
  // Not `headers`: there two headers are joined by a comma, which is a key as well.
  const [key = '', ...others] = request.headersDistinct['idempotency-key'] ?? []
  if (others.length > 0) return { kind: 'invalid', why: `${expected}, got ${others.length + 1} headers` }
  if (idempotencyKeySchema.safeParse(key).success) return { kind: 'key', key }
  const got = /^[ -~]*$/.test(key) ? `${key.length} characters` : 'others'
  return { kind: 'invalid', why: `${expected}, got ${got}` }
}

/**
 * The id of the purchase that a customer makes with a key: a UUID v8 (RFC 9562) of 122 bits of the SHA-256 of both. The
 * same in every process and for ever, and never the key itself: `wait`, `meta` or `0` would break the queue.
 */
export const purchaseIdOf = (customerId: string, key: string): string => {
  // Neither can hold a NUL, so no two pairs make the same text.
  const bytes = hash('sha256', `${customerId}\0${key}`, 'buffer').subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
