/** When a purchase is asked for again. */
import { type Answer, retryAfterMsOf } from './client-http.ts'

export const pollAfterMsDefault = 250
const pollAfterMsMin = 5
const pollAfterMsMax = 5_000

/** The pause that an answer names, within reason; else the default. */
export const clampPauseMs = (pauseMs: unknown): number =>
  typeof pauseMs === 'number' && pauseMs >= 0
    ? Math.min(Math.max(pauseMs, pollAfterMsMin), pollAfterMsMax)
    : pollAfterMsDefault

/** What the server asks for, whole: one that is full or limits its callers gets no second question before. */
export const pauseAskedFor = (headers: Answer['headers'], retryAfterMsMax: number): number | undefined => {
  const askedMs = retryAfterMsOf(headers.get('retry-after'))
  return askedMs === undefined ? undefined : Math.min(Math.max(askedMs, pollAfterMsMin), retryAfterMsMax)
}
