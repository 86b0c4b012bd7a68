/** `outcome`: follows a purchase until it has one, by Server-Sent Events or by polling. */
import { eventsOf } from './client-events.ts'
import { ClientFault } from './client-fault.ts'
import { type Answer, type HttpSettings, isRecord, openCall, problemOf, send } from './client-http.ts'
import { clampPauseMs, pauseAskedFor, pollAfterMsDefault } from './client-pace.ts'
import { backoffMs, type Patience, spread } from './client-patience.ts'
import type { Outcome, PendingStatus, Problem, PurchaseStatus, PurchaseView } from './client-types.ts'

export type Settled = PurchaseView & { status: Outcome }

export type Ended = { kind: 'settled'; purchase: Settled } | { kind: 'refused'; problem: Problem }

export interface OutcomeSettings extends HttpSettings {
  /** False: only polls. */
  events: boolean
  retryAfterMsMax: number
}

export interface Following {
  /** When to look first, if it is polled; from the answer of `buy`. */
  pollAfterMs?: number
  /** Told of every status that is seen, once each time it changes. */
  onStatus?: (view: PurchaseView) => void
}

// Only types come from the schemas; a status that is added there fails to compile here.
const statusKinds = {
  queued: 'pending',
  waiting_for_lock: 'pending',
  settling: 'pending',
  confirmed: 'outcome',
  sold_out: 'outcome',
  limit_reached: 'outcome',
  not_on_sale: 'outcome',
  failed: 'outcome',
} as const satisfies Record<PendingStatus, 'pending'> & Record<Outcome, 'outcome'>

/** Unless the server wishes for another pause. */
const reconnectMsDefault = 1_000
const reconnectMsMax = 10_000
/** Three heartbeats of the server. */
const idleMs = 45_000
/** Streams in a row that brought nothing, after which it is polled. */
const emptyStreamsMax = 3

const isStatus = (value: unknown): value is PurchaseStatus =>
  typeof value === 'string' && Object.hasOwn(statusKinds, value)

const isView = (body: unknown): body is PurchaseView =>
  isRecord(body) && isStatus(body.status) && typeof body.acceptedAt === 'string'

/** Whether a purchase has its outcome. */
export const isSettled = (view: PurchaseView): view is Settled => statusKinds[view.status] === 'outcome'

type Step =
  | Ended
  | { kind: 'pending'; view: PurchaseView; pauseMs: number }
  /** To be asked again: the server cannot say now, or what it says is not in the contract. */
  | { kind: 'trouble'; pauseMs: number | undefined }

/** What an answer of `GET /purchases/:jobId` says. @throws {ClientFault} `unreadable` for a refusal that is no problem. */
const readView = (answer: Answer, retryAfterMsMax: number): Step => {
  const { status, body, headers } = answer
  if (status === 429 || status >= 500) {
    return { kind: 'trouble', pauseMs: pauseAskedFor(headers, retryAfterMsMax) }
  }
  const problem = problemOf(answer)
  if (problem) return { kind: 'refused', problem }
  if (status !== 200) throw new ClientFault('unreadable', `the purchase: HTTP ${status}`, { status })
  if (!isView(body)) return { kind: 'trouble', pauseMs: undefined }
  if (isSettled(body)) return { kind: 'settled', purchase: body }
  return { kind: 'pending', view: body, pauseMs: clampPauseMs(body.pollAfterMs) }
}

const pathOf = (jobId: string): string => `/purchases/${encodeURIComponent(jobId)}`

const poll = async (settings: OutcomeSettings, jobId: string, patience: Patience): Promise<Step> => {
  try {
    return readView(
      await send(settings, { method: 'GET', path: pathOf(jobId) }, patience),
      settings.retryAfterMsMax,
    )
  } catch (error) {
    if (error instanceof ClientFault && error.reason === 'network')
      return { kind: 'trouble', pauseMs: undefined }
    throw error
  }
}

/** Asks at the pace that the server gives; faults are asked again with a growing pause. */
const pollToEnd = async (
  settings: OutcomeSettings,
  jobId: string,
  following: Required<Following>,
  patience: Patience,
): Promise<Ended> => {
  let pauseMs = clampPauseMs(following.pollAfterMs)
  let troubles = 0
  for (;;) {
    await patience.pause(pauseMs)
    const step = await poll(settings, jobId, patience)
    if (step.kind === 'settled' || step.kind === 'refused') return step
    troubles = step.kind === 'trouble' ? troubles + 1 : 0
    if (step.kind === 'pending') following.onStatus(step.view)
    pauseMs = step.pauseMs ?? backoffMs(troubles)
  }
}

const viewOf = (data: string): PurchaseView | undefined => {
  try {
    const view: unknown = JSON.parse(data)
    return isView(view) ? view : undefined
  } catch {
    return undefined
  }
}

/** How a stream ended: with the outcome, early, or it was none (an older engine, a proxy, a refusal). */
type StreamEnd =
  | { kind: 'settled'; purchase: Settled }
  | { kind: 'early'; seen: string | undefined; reconnectMs: number }
  | { kind: 'none'; pauseMs: number | undefined }

const readStream = async (
  settings: OutcomeSettings,
  jobId: string,
  lastSeen: string | undefined,
  following: Required<Following>,
  signal: AbortSignal,
): Promise<StreamEnd> => {
  // Said, since it is not seen without exactOptionalPropertyTypes, which others' projects need not have.
  const lastEvent: Record<string, string> = lastSeen === undefined ? {} : { 'last-event-id': lastSeen }
  const headers = { accept: 'text/event-stream', ...lastEvent }
  let seen: string | undefined
  let reconnectMs = reconnectMsDefault
  try {
    const response = await openCall(
      settings,
      { method: 'GET', path: `${pathOf(jobId)}/events`, headers },
      signal,
    )
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
    if (response.status !== 200 || !isStream) {
      await response.body?.cancel()
      const busy = response.status === 429 || response.status === 503
      const { headers: told } = response
      return { kind: 'none', pauseMs: busy ? pauseAskedFor(told, settings.retryAfterMsMax) : undefined }
    }
    for await (const event of eventsOf(response, idleMs)) {
      if ('retryMs' in event) {
        reconnectMs = Math.min(event.retryMs, reconnectMsMax)
        continue
      }
      const view = event.event === 'status' ? viewOf(event.data) : undefined
      if (!view) continue
      seen = event.id || view.status
      if (isSettled(view)) return { kind: 'settled', purchase: view }
      following.onStatus(view)
    }
    return { kind: 'early', seen, reconnectMs }
  } catch (error) {
    if (error instanceof ClientFault && error.reason !== 'network') throw error
    return { kind: 'early', seen, reconnectMs }
  }
}

/** Each status once, however often and by whichever way it is told. */
const onChange = (tell: Following['onStatus']): ((view: PurchaseView) => void) => {
  let last = ''
  return (view) => {
    const text = JSON.stringify(view)
    if (text !== last) tell?.(view)
    last = text
  }
}

/**
 * Follows a purchase to its outcome. A stream that breaks is opened again after the pause that the server wishes; where there are no streams it
 * is polled with `pollAfterMs`.
 * @throws {ClientFault} when time is up first, or the server answers what is not in the contract.
 */
export const outcomeWith = async (
  settings: OutcomeSettings,
  jobId: string,
  given: Following,
  patience: Patience,
): Promise<Ended> => {
  const following = {
    pollAfterMs: given.pollAfterMs ?? pollAfterMsDefault,
    onStatus: onChange(given.onStatus),
  }
  let lastSeen: string | undefined
  for (let empty = 0; settings.events && empty < emptyStreamsMax; ) {
    const end = await patience.step(patience.leftMs(), (signal) =>
      readStream(settings, jobId, lastSeen, following, signal),
    )
    if (end.kind === 'settled') return end
    if (end.kind === 'none') {
      if (end.pauseMs !== undefined) await patience.pause(end.pauseMs)
      break
    }
    lastSeen = end.seen ?? lastSeen
    empty = end.seen === undefined ? empty + 1 : 0
    await patience.pause(spread(end.reconnectMs))
  }
  // Without streams the first look may be at once: time has gone by already, or the server is an older one.
  return pollToEnd(settings, jobId, following, patience)
}
