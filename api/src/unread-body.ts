import type { RequestHandler } from 'express'

/** What is announced as smaller is read and thrown away, and the connection serves the next request. */
const readAwayBytesMax = 1_048_576

/**
 * Closes the connection of a request that was answered before its body had come, if that is large or says no length: Node
 * would read all of it for nothing. Most routes read no body, and a refusal comes before it is read.
 */
export const dropUnreadBody: RequestHandler = (request, response, next) => {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  if (coding !== undefined || Number(length ?? 0) > readAwayBytesMax)
    response.once('finish', () => {
      if (!request.complete) request.socket.destroySoon()
    })
  next()
}
