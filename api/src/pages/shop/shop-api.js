/** Calls of the engine's API, and what their answers mean to a buyer. */

/** Addresses are relative to the page, so that it works behind a path prefix of a proxy as well. */
const addressOf = (path) => new URL(path, document.baseURI)

const patienceMs = 15_000

/** A refusal or a fault: `code` is the problem's, or `network` when nothing came back. */
export class CallFailed extends Error {
  constructor(code, detail, { status = 0, retryAfterMs = 1_000 } = {}) {
    super(detail)
    this.code = code
    this.status = status
    this.retryAfterMs = retryAfterMs
  }

  /** Whether the same call may succeed later. */
  get passes() {
    return this.code === 'network' || this.status === 429 || this.status >= 502
  }
}

const secondsOf = (header) => (/^\d{1,6}$/.test(header ?? '') ? Number(header) : 1)

const failureOf = async (response) => {
  const problem = await response.json().catch(() => ({}))
  return new CallFailed(problem.code ?? `HTTP ${response.status}`, problem.detail ?? response.statusText, {
    status: response.status,
    retryAfterMs: secondsOf(response.headers.get('Retry-After')) * 1_000,
  })
}

/** What `fetch` gives for a path of ours. @throws {CallFailed} */
export const answerOf = async (path, init) => {
  const response = await fetch(addressOf(path), init).catch(() => {
    throw new CallFailed('network', 'The shop cannot be reached.')
  })
  if (!response.ok) throw await failureOf(response)
  return response
}

/** @throws {CallFailed} */
export const call = async (path, { body, headers = {}, method = body ? 'POST' : 'GET', withinMs } = {}) => {
  const response = await answerOf(path, {
    method,
    headers: body ? { 'Content-Type': 'application/json', ...headers } : headers,
    body: body ? JSON.stringify(body) : undefined,
    signal: AbortSignal.timeout(withinMs ?? patienceMs),
  })
  return response.json().catch(() => {
    throw new CallFailed('network', 'The answer broke off.')
  })
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * The same until it succeeds or is refused for good; `onTrouble` is told of each failure that passes.
 * @throws {CallFailed} a refusal.
 */
export const callUntilAnswered = async (path, options, onTrouble) => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call(path, options)
    } catch (failure) {
      if (!(failure instanceof CallFailed) || !failure.passes) throw failure
      onTrouble(failure)
      // Not all buyers at once.
      const pauseMs = Math.max(failure.retryAfterMs, Math.min(500 * attempt, 5_000))
      await pause(pauseMs * (1 + Math.random() / 4))
    }
  }
}
