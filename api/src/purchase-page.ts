/** Pages of a list of purchases: the place between two of them in the order of (settled_at, id), newest first. */

/** The last purchase of a page. */
export interface PurchasePlace {
  /** Microseconds since 1970, as Postgres counts them: many purchases share a millisecond. */
  settledAtUs: bigint
  /** UUID. */
  id: string
}

const settledAtBytes = 8
const idBytes = 16

/** The cursor that stands for a place: says nothing to clients, and nothing of anybody's in particular. */
export const cursorOf = ({ settledAtUs, id }: PurchasePlace): string => {
  const bytes = Buffer.alloc(settledAtBytes + idBytes)
  bytes.writeBigInt64BE(settledAtUs)
  bytes.write(id.replaceAll('-', ''), settledAtBytes, 'hex')
  return bytes.toString('base64url')
}

/**
 * The place that a cursor stands for. One that was tampered with is another place in the same list: what may be seen is
 * decided by who asks, not by the cursor.
 * @param cursor as the contract's schema lets it pass: 24 bytes, the first of them 0, hence a time before the year 4254.
 */
const placeOf = (cursor: string): PurchasePlace => {
  const bytes = Buffer.from(cursor, 'base64url')
  const settledAtUs = bytes.readBigInt64BE()
  const hex = bytes.toString('hex', settledAtBytes)
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  )
  return { settledAtUs, id }
}

export interface PageRequest {
  /** Absent: the first page. */
  after: PurchasePlace | undefined
  limit: number
}

/** A page as it is asked for in a query string. */
export interface PageQuery {
  cursor?: string | undefined
  limit: number
}

/** The page that a valid query asks for. */
export const pageOf = ({ cursor, limit }: PageQuery): PageRequest => ({
  after: cursor === undefined ? undefined : placeOf(cursor),
  limit,
})

/** The time of a place for Postgres, to the microsecond. */
export const timestampOf = ({ settledAtUs }: PurchasePlace): string => {
  const toTheMs = new Date(Number(settledAtUs / 1_000n)).toISOString()
  return toTheMs.replace('Z', `${String(settledAtUs % 1_000n).padStart(3, '0')}Z`)
}
