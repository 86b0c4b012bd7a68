import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

export type Handler = (request: IncomingMessage, response: ServerResponse, body: unknown) => void

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text === '' ? undefined : JSON.parse(text)
}

/** A server of the running test on a free port, gone when the test is over. Gives its origin. */
export async function serve(handler: Handler): Promise<string> {
  const server = createServer(async (request, response) => handler(request, response, await bodyOf(request)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('expected a port')
  return `http://127.0.0.1:${address.port}`
}

/** Answers with `status` and JSON. */
export const reply = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** Answers the nth request by the nth step; the last step answers all that follow. */
export function inTurn(...steps: Handler[]): Handler {
  let turn = 0
  return (request, response, body) => {
    const step = steps[Math.min(turn, steps.length - 1)]
    turn += 1
    step?.(request, response, body)
  }
}

export const answering =
  (status: number, body: unknown, headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    reply(response, status, body, headers)

/** Cuts the connection without an answer. */
export const resetting: Handler = (request) => void request.socket.destroy()

/** Takes the request and never answers. */
export const silent: Handler = () => undefined
