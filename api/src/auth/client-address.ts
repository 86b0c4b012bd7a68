/** What clients are counted by where nobody has said who it is. */
import type { Request } from 'express'
import { ipKeyGenerator } from 'express-rate-limit'

/** An IPv6 customer has a whole /56, an IPv4 customer one address, also when it is written as IPv6. */
export const addressGroupOf = (ip: string | undefined): string => ipKeyGenerator(ip ?? 'unknown', 56)

/** The address of who sent a request, as the proxies say that are trusted (`TRUST_PROXY_HOPS`). */
export const addressOf = (request: Pick<Request, 'ip'>): string => addressGroupOf(request.ip)
