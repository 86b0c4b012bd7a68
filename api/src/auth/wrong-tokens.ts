/** Holds back addresses that come with wrong credentials again and again. */
import type { Request, Response } from 'express'
import { addressOf } from './client-address.ts'
import { limitPerIp, type RateLimit } from './purchase-limits.ts'

/**
 * Counted by this process alone, as failed sign-ins are: no request waits for Redis, and the limit holds while Redis is
 * away. Who comes with what is right is not counted, and costs nothing.
 */
export interface WrongTokens {
  /** Whether this address may fail no more. What can be guessed is then not even looked at. */
  isOver(request: Request): Promise<boolean>
  /** Counts a failure; answers 429 when it is one too many, else calls `answer`. */
  count(request: Request, response: Response, answer: () => void): void
}

const unlimited: WrongTokens = {
  isOver: async () => false,
  count: (_request, _response, answer) => answer(),
}

/** @param name in the `RateLimit` headers. @param limit undefined: nobody is held back. */
export const openWrongTokens = (name: string, limit: RateLimit | undefined): WrongTokens => {
  if (!limit) return unlimited
  const limiter = limitPerIp(limit, name, { what: 'wrong tokens and passwords' })
  return {
    isOver: async (request) => {
      const seen = await limiter.getKey(addressOf(request))
      return seen !== undefined && seen.totalHits >= limit.count
    },
    count: (request, response, answer) => void limiter(request, response, answer),
  }
}
