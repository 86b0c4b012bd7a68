import type { Problem } from './client-types.ts'

/**
 * - `network`: no answer came back.
 * - `timeout`: the time that was given for the whole call is over.
 * - `aborted`: the caller's signal said so.
 * - `token`: the caller's token function failed (`cause` tells why); nothing was sent.
 * - `unavailable`: the server goes on answering that it cannot serve now (`problem` tells why).
 * - `unreadable`: an answer that is not in the contract, such as the page of a proxy.
 */
export type FaultReason = 'network' | 'timeout' | 'aborted' | 'token' | 'unavailable' | 'unreadable'

interface FaultDetails {
  status?: number | undefined
  problem?: Problem | undefined
  cause?: unknown
}

/** The only error that a client throws: it could not find out, or the server cannot serve. Refusals are values. */
export class ClientFault extends Error {
  override readonly name = 'ClientFault'
  readonly reason: FaultReason
  /** Of the last answer, where there was one. */
  readonly status: number | undefined
  readonly problem: Problem | undefined
  /** Only from `buy`: the key with which the same purchase may be sent again. */
  idempotencyKey: string | undefined
  /** Only from `buy`: how often it was sent. */
  attempts = 0
  /** Only from `buy`: whether it may have been accepted all the same. Send it again with its key, not anew. */
  mayBeAccepted = false

  constructor(reason: FaultReason, message: string, { status, problem, cause }: FaultDetails = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
    this.status = status
    this.problem = problem
  }
}
