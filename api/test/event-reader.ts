/** Reads Server-Sent Events as a browser does. */
export interface ReadEvent {
  event: string
  id: string
  /** Read from JSON; tests say what it has to be. */
  data: unknown
}

export interface EventReader {
  status: number
  headers: Headers
  /** The next event; undefined when the stream has ended. */
  next(): Promise<ReadEvent | undefined>
  /** The field `retry`, once it was sent. */
  retryMs(): number | undefined
  leave(): void
}

const fieldsOf = (block: string): Map<string, string> =>
  new Map(
    block.split('\n').flatMap((line): [string, string][] => {
      const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? []
      return name === undefined ? [] : [[name, value ?? '']]
    }),
  )

export const readEvents = async (url: string, headers: Record<string, string> = {}): Promise<EventReader> => {
  const leaving = new AbortController()
  const response = await fetch(url, { headers, signal: leaving.signal })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  let retryMs: number | undefined

  const next = async (): Promise<ReadEvent | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end === -1) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
        if (done) return undefined
        text += value
        continue
      }
      const fields = fieldsOf(text.slice(0, end))
      text = text.slice(end + 2)
      if (fields.has('retry')) retryMs = Number(fields.get('retry'))
      const data = fields.get('data')
      if (data === undefined) continue
      return { event: fields.get('event') ?? '', id: fields.get('id') ?? '', data: JSON.parse(data) }
    }
  }
  return {
    status: response.status,
    headers: response.headers,
    next,
    retryMs: () => retryMs,
    leave: () => leaving.abort(),
  }
}
