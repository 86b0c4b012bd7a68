/** `buy`: sends a purchase until it is known whether it was accepted. */
import { ClientFault } from './client-fault.ts'
import { type Answer, type HttpSettings, isRecord, problemOf, retryAfterMsOf, send } from './client-http.ts'
import { backoffMs, type Patience, spread } from './client-patience.ts'
import type { Problem, PurchaseAccepted, Strategy } from './client-types.ts'

export interface Purchase {
  productId: number
  /** Default: 1. */
  quantity?: number | undefined
  /** Left out where the token says who buys. */
  customerId?: string | undefined
  /** One for each purchase, and the same whenever it is sent again; made when left out. */
  idempotencyKey?: string | undefined
  /** For demonstrations only. */
  strategy?: Strategy | undefined
}

interface Sent {
  idempotencyKey: string
  /** How often it was sent. */
  attempts: number
}

export type Bought =
  | (Sent & {
      kind: 'accepted'
      jobId: string
      /** When to look first. */
      pollAfterMs: number
      /** It had been accepted by an earlier call with this key. */
      replayed: boolean
    })
  | (Sent & {
      kind: 'refused'
      problem: Problem
      /** An earlier attempt was not answered: should it be accepted after all, the key finds it. */
      mayBeAccepted: boolean
    })

export interface Buying {
  /** How much of the random part of the pause follows an attempt (from 1), 0 to 1; default: random. For repeatable runs. */
  jitter?: (attempt: number) => number
}

export interface BuySettings extends HttpSettings {
  attemptsMax: number
  retryAfterMsMax: number
}

const pollAfterMsDefault = 250

/** 128 random bits. Not `randomUUID`, which browsers give to secure pages only. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  )

const isAccepted = (body: unknown): body is PurchaseAccepted =>
  isRecord(body) && typeof body.jobId === 'string'

/** Nobody knows what became of it: no answer, a gateway that got none, or the queue did not answer in time. */
const isUnanswered = (answer: Answer | ClientFault): boolean =>
  answer instanceof ClientFault
    ? answer.reason !== 'token'
    : answer.status === 502 || answer.status === 504 || problemOf(answer)?.code === 'outcome-unknown'

const mayRetry = (answer: Answer | ClientFault): boolean =>
  answer instanceof ClientFault
    ? answer.reason === 'network'
    : isUnanswered(answer) || answer.status === 429 || answer.status === 503

const pauseMsAfter = (
  answer: Answer | ClientFault,
  attempt: number,
  retryAfterMsMax: number,
  { jitter = Math.random }: Buying,
): number => {
  const askedMs = 'headers' in answer ? retryAfterMsOf(answer.headers.get('retry-after')) : undefined
  return spread(
    askedMs === undefined ? backoffMs(attempt) : Math.min(askedMs, retryAfterMsMax),
    jitter(attempt),
  )
}

const faultOf = (answer: Answer | ClientFault): ClientFault => {
  if (answer instanceof ClientFault) return answer
  const { status } = answer
  const problem = problemOf(answer)
  if (problem) {
    return new ClientFault('unavailable', `the purchase: ${problem.code}: ${problem.detail}`, {
      status,
      problem,
    })
  }
  const reason = status >= 500 || status === 429 ? 'unavailable' : 'unreadable'
  return new ClientFault(reason, `the purchase: HTTP ${status} without what the contract says`, { status })
}

/** @param uncertain whether an earlier attempt may have been accepted. @throws {ClientFault} */
const read = (answer: Answer | ClientFault, sent: Sent, uncertain: boolean): Bought => {
  if ('headers' in answer) {
    const { status, body, headers } = answer
    if (status === 202 && isAccepted(body)) {
      const { jobId, pollAfterMs = pollAfterMsDefault } = body
      const replayed = headers.get('idempotency-replayed') === 'true'
      return { kind: 'accepted', jobId, pollAfterMs, replayed, ...sent }
    }
    const problem = problemOf(answer)
    if (problem && status < 500) return { kind: 'refused', problem, mayBeAccepted: uncertain, ...sent }
  }
  const fault = faultOf(answer)
  // What is neither a refusal nor an acceptance that can be read may be one.
  const isSuccess = 'headers' in answer && answer.status < 400
  const mayBeAccepted = uncertain || isUnanswered(answer) || isSuccess
  throw Object.assign(fault, { ...sent, mayBeAccepted })
}

const sendOnce = async (
  settings: BuySettings,
  call: Parameters<typeof send>[1],
  patience: Patience,
): Promise<Answer | ClientFault> => {
  try {
    return await send(settings, call, patience)
  } catch (error) {
    if (error instanceof ClientFault) return error
    throw error
  }
}

/**
 * Sends a purchase. What was not answered, a 429 and a 503 are sent again with the same key, not sooner than
 * `Retry-After` says, at most `attemptsMax` times and while there is patience.
 * @throws {ClientFault} with the key, and whether the purchase may have been accepted.
 */
export const buyWith = async (
  settings: BuySettings,
  purchase: Purchase,
  buying: Buying,
  patience: Patience,
): Promise<Bought> => {
  const { idempotencyKey = newKey(), ...body } = purchase
  const call = {
    method: 'POST',
    path: '/purchases',
    body,
    headers: { 'idempotency-key': idempotencyKey },
  } as const
  let uncertain = false
  for (let attempts = 1; ; attempts += 1) {
    const answer = await sendOnce(settings, call, patience)
    const sent = { idempotencyKey, attempts }
    if (!mayRetry(answer) || attempts === settings.attemptsMax) return read(answer, sent, uncertain)
    const pauseMs = pauseMsAfter(answer, attempts, settings.retryAfterMsMax, buying)
    if (pauseMs >= patience.leftMs()) return read(answer, sent, uncertain)
    uncertain ||= isUnanswered(answer)
    try {
      await patience.pause(pauseMs)
    } catch (over) {
      throw Object.assign(over as ClientFault, { ...sent, mayBeAccepted: uncertain })
    }
  }
}
