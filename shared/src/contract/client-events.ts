/** Server-Sent Events as `GET /purchases/:jobId/events` sends them, over `fetch`. */
import type { FetchedResponse } from './client-http.ts'

/** An event, or what the server wishes for the pause before a stream is opened again. */
export type ServerEvent = { event: string; id: string; data: string } | { retryMs: number }

/** An event of this length is none of ours. */
const bufferedCharactersMax = 65_536

const fieldOf = (line: string): [name: string, value: string] => {
  const colon = line.indexOf(':')
  if (colon < 0) return [line, '']
  const value = line.slice(colon + 1)
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value]
}

/** What a block says; nothing when it is a heartbeat. */
const eventsIn = (block: string): ServerEvent[] => {
  const data: string[] = []
  const retries: ServerEvent[] = []
  const found = { event: 'message', id: '' }
  for (const line of block.split('\n')) {
    const [name, value] = fieldOf(line)
    if (name === 'data') data.push(value)
    else if (name === 'event' || name === 'id') found[name] = value
    else if (name === 'retry' && /^\d{1,9}$/.test(value)) retries.push({ retryMs: Number(value) })
  }
  return data.length === 0 ? retries : [...retries, { ...found, data: data.join('\n') }]
}

/**
 * The events of a stream as they come, each as soon as it is whole; ends with the stream. What of an event is missing
 * when the stream ends is left out.
 * @param idleMs throws when nothing at all, not even a heartbeat, came for so long.
 */
export async function* eventsOf(
  { body }: Pick<FetchedResponse, 'body'>,
  idleMs: number,
): AsyncGenerator<ServerEvent, void> {
  if (!body) return
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let buffered = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  const read = async (): Promise<string | undefined> => {
    const idle = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`nothing came for ${idleMs} ms`)), idleMs)
    })
    const { done, value } = await Promise.race([reader.read(), idle]).finally(() => clearTimeout(timer))
    return done ? undefined : decoder.decode(value, { stream: true })
  }
  try {
    for (let text = await read(); text !== undefined; text = await read()) {
      // A CR at the end may be half of a line break; the other half comes with the next piece.
      buffered = (buffered + text).replace(/\r\n|\r(?!$)/g, '\n')
      if (buffered.length > bufferedCharactersMax) throw new Error('an event of the stream is too long')
      const blocks = buffered.split('\n\n')
      buffered = blocks.pop() ?? ''
      for (const block of blocks) yield* eventsIn(block)
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
