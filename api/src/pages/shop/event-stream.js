/** Server-Sent Events over `fetch`: unlike an EventSource it carries a token, and tells why a stream was refused. */
import { answerOf, CallFailed } from './shop-api.js'

/** The api sends a sign of life every 15 s. */
const idleMs = 40_000
/** An event of this length is none of ours. */
const bufferedMax = 65_536

const fieldsOf = (block) => {
  const fields = {}
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    // Without a name before it, it is a comment: the sign of life.
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trimStart()
  }
  return fields
}

/** Each event as soon as it is whole; the api ends lines with LF only, and has one line of data in each event. */
const readEvents = async (body, onAlive, onEvent) => {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let buffered = ''
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true }))
    if (done || buffered.length > bufferedMax)
      throw new CallFailed('network', 'The connection to the shop broke off.')
    onAlive()
    const blocks = (buffered + value).split('\n\n')
    buffered = blocks.pop()
    for (const block of blocks) onEvent(fieldsOf(block))
  }
}

/**
 * Follows a stream, and opens it again whenever it has ended or was refused.
 * @param onBreak told why, each time. @returns what ends it.
 */
export const openStream = (path, event, { headers = {}, onEvent, onBreak }) => {
  let closed = false
  let retryMs = 1_000
  let again
  let connection

  const readOnce = async () => {
    connection = new AbortController()
    const { signal } = connection
    const abort = () => connection.abort()
    let idle = setTimeout(abort, idleMs)
    const onAlive = () => {
      clearTimeout(idle)
      idle = setTimeout(abort, idleMs)
    }
    try {
      const { body } = await answerOf(path, { headers, signal })
      await readEvents(body, onAlive, (fields) => {
        if (/^\d{1,6}$/.test(fields.retry ?? '')) retryMs = Number(fields.retry)
        if (fields.event === event && !closed) onEvent(JSON.parse(fields.data))
      })
    } finally {
      clearTimeout(idle)
      connection.abort()
    }
  }
  const open = async () => {
    const failure = await readOnce().catch((thrown) => thrown)
    if (closed) return
    // Not all buyers at once.
    again = setTimeout(open, Math.max(retryMs, failure.retryAfterMs ?? 0) * (1 + Math.random() / 4))
    if (failure instanceof CallFailed) onBreak(failure)
    else reportError(failure)
  }
  open()
  return () => {
    closed = true
    clearTimeout(again)
    connection?.abort()
  }
}
