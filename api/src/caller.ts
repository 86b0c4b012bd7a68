import type { AdminRole } from '@flash-sale/shared/admin-entry.ts'
import type { Request, Response } from 'express'

/**
 * Who sent a request.
 * - `anyone`: not known, nothing given; what `AUTH_MODE=none` makes of buyers.
 * - `customer`: the `sub` of a valid token; sees and buys for itself only.
 * - `admin`: came with a token of the operator's. A `viewer` reads everything, an `operator` may write as well.
 *
 * `validUntilMs`: when the token or session that proved it ends (epoch milliseconds).
 */
export type Caller =
  | { kind: 'anyone' }
  | { kind: 'customer'; customerId: string; validUntilMs: number }
  | { kind: 'admin'; name: string; role: AdminRole; validUntilMs: number }

/** Of a proof that does not end by itself, as an admin's token. */
export const noEnd = Number.POSITIVE_INFINITY

const anyone: Caller = { kind: 'anyone' }
const callers = new WeakMap<Request, Caller>()

/** Set once, by who authenticates the request. */
export const setCaller = (request: Request, caller: Caller): void => {
  callers.set(request, caller)
}

/** Who sent this request; `anyone` when nobody was authenticated. Takes the response too, for handlers that hold only that. */
export const callerOf = (message: Request | Response): Caller =>
  callers.get('req' in message && message.req ? (message.req as Request) : (message as Request)) ?? anyone

/** Until when a caller may be shown something without asking again who it is. */
export const validUntilMsOf = (caller: Caller): number =>
  caller.kind === 'anyone' ? noEnd : caller.validUntilMs

/**
 * Whether a caller may see what belongs to a customer. Without authentication whoever knows a job id may (it cannot be
 * guessed); with it, its customer and admins. To others it has to look as if it did not exist.
 */
export const maySee = (caller: Caller, ownerId: string): boolean =>
  caller.kind !== 'customer' || caller.customerId === ownerId
