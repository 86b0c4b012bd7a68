/** `GET /products/:id/events`: stock and sale of a product as Server-Sent Events, for as long as somebody looks. */
import type { ProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import { Router } from 'express'
import { type AddressShare, noMoreStreams } from './address-share.ts'
import { openEventStream } from './event-stream.ts'
import { methodNotAllowed, sendProblem } from './problem-answer.ts'
import { productIdOf, sendUnknownProduct } from './product-id.ts'
import { openProductWatches } from './product-watch.ts'

export interface ProductEventsOptions {
  catalog: Pick<ProductCatalog, 'find'>
  /** Aborts when this process is told to stop. */
  closing: AbortSignal
  /** Streams at a time; one more is refused. Default: 5,000. */
  streamsMax?: number
  /** Of the streams, those of purchases included. */
  share: AddressShare
}

const streamsMaxDefault = 5_000

export const productEventsRoute = (options: ProductEventsOptions): Router => {
  const { catalog, closing, share, streamsMax = streamsMaxDefault } = options
  const watches = openProductWatches(catalog)
  let open = 0
  const router = Router()
  router
    .route('/products/:id/events')
    .get(async (request, response) => {
      if (open >= streamsMax || closing.aborted) {
        const detail = 'this api has as many event streams as it can serve: poll, or come back later'
        return sendProblem(response, { code: 'overloaded', detail })
      }
      if (!share.take(response)) return sendProblem(response, noMoreStreams)
      open += 1
      response.once('close', () => {
        open -= 1
      })
      const id = productIdOf(request.params.id)
      const facts = id === undefined ? undefined : await catalog.find(id)
      if (response.destroyed) return
      if (!facts) return sendUnknownProduct(response, request.params.id)
      const stream = openEventStream(response)
      if (request.method === 'HEAD') return stream.end()
      const stopWatching = watches.watch(facts, (data, version) =>
        stream.send({ event: 'product', id: String(version), data }),
      )
      closing.addEventListener('abort', stream.end)
      response.once('close', () => {
        stopWatching()
        closing.removeEventListener('abort', stream.end)
      })
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  return router
}
