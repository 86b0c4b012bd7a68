/** Server-Sent Events (WHATWG HTML, section 9.2) over one response. */
import type { ServerResponse } from 'node:http'

export interface ServerSentEvent {
  event: string
  id: string
  data: unknown
}

export interface EventStream {
  /** Sends an event; a reader too slow for it is dropped. */
  send(event: ServerSentEvent): void
  /** The same for an event that many streams send: `eventText` made it once. */
  sendText(text: string): void
  /** Ends the stream; the client comes back after `retry`, unless it was told to stop. */
  end(): void
}

const retryMs = 1_000
const heartbeatMs = 15_000
/** What may wait for a slow reader where nothing else is said; an event is a few hundred bytes. */
const unsentBytesMaxDefault = 16_384
/** Every wait has an end; whoever still waits comes back by itself. */
const streamMsMax = 15 * 60_000

export const eventStreamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // Nginx would keep the events until its buffer is full.
  'X-Accel-Buffering': 'no',
}

/** An event as it is sent. */
export const eventText = ({ event, id, data }: ServerSentEvent): string =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`

export interface StreamOptions {
  /** Above the size of an event. */
  unsentBytesMax?: number
  /** When it ends, if that is before its 15 minutes are over (epoch milliseconds): with the reader's token. */
  validUntilMs?: number
}

/** Begins a stream: sends the head, and from then on something every 15 s, so that nobody takes it for dead. */
export const openEventStream = (response: ServerResponse, options: StreamOptions = {}): EventStream => {
  const { unsentBytesMax = unsentBytesMaxDefault, validUntilMs = Number.POSITIVE_INFINITY } = options
  response.writeHead(200, eventStreamHeaders)
  const write = (text: string): void => {
    if (response.writableEnded || response.destroyed) return
    response.write(text)
    if (response.writableLength > unsentBytesMax) response.destroy()
  }
  const end = (): void => {
    if (!response.writableEnded) response.end()
  }
  const heartbeat = setInterval(() => write(': still here\n\n'), heartbeatMs)
  const lifetime = setTimeout(end, Math.min(streamMsMax, Math.max(0, validUntilMs - Date.now())))
  response.once('close', () => {
    clearInterval(heartbeat)
    clearTimeout(lifetime)
  })
  write(`retry: ${retryMs}\n\n`)
  return {
    send: (event) => write(eventText(event)),
    sendText: write,
    end,
  }
}
