/** A server of the running test that answers call by call, for tests of the client. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

export interface Received {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: unknown
}

export type Step = (response: ServerResponse, request: IncomingMessage) => void

/** Answers with `status` and JSON. */
export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Step =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body))

export const problem = (status: number, code: string, headers: Record<string, string> = {}): Step =>
  json(status, { type: `/problems/${code}`, code, title: code, status, detail: 'because' }, headers)

/** Cuts the connection without an answer. */
export const cut: Step = (_response, request) => void request.socket.destroy()

/** Takes the request and never answers. */
export const silent: Step = () => undefined

/** A stream of Server-Sent Events: these texts, each written on its own; then it stays open or is cut. */
export const stream =
  (texts: readonly string[], then: 'ends' | 'stays' | 'is cut'): Step =>
  async (response, request) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    for (const text of texts) {
      response.write(text)
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (then === 'ends') response.end()
    if (then === 'is cut') request.socket.destroySoon()
  }

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text === '' ? undefined : JSON.parse(text)
}

/** Serves until the test is over: the nth call is answered by the nth step, the last step answers all that follow. */
export const contractServer = async (...steps: readonly Step[]) => {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const step = steps[Math.min(received.length, steps.length - 1)]
    received.push({ method, path: url, headers, body: await bodyOf(request) })
    step?.(response, request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('expected a port')
  return { baseUrl: `http://127.0.0.1:${address.port}`, received }
}
