import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { ExpressAdapter } from '@bull-board/express'
import type { PurchaseProgress } from '@flash-sale/shared/queue.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { type Application, Router } from 'express'
import type { PurchaseQueue } from './enqueue.ts'
import { methodNotAllowed, sendProblem } from './problem-answer.ts'

const boardTitle = 'Flash Sale Engine'

const waitText = (progress: unknown): string => {
  if (typeof progress !== 'object' || progress === null || !('status' in progress)) return ''
  const { status, ...rest } = progress as PurchaseProgress & { purchasesAhead?: number; waitedMs?: number }
  if (status === 'settling') return ' · settling'
  return ` · waiting for the lock, ${rest.purchasesAhead ?? '?'} purchases ahead`
}

/** How a job is called in the list: what is bought, and where it stands in line when it waits for the lock. */
const jobTitle = (job: Record<string, unknown>): string => {
  const { productId, quantity } = (job.data ?? {}) as { productId?: number; quantity?: number }
  const wait = job.finishedOn === undefined ? waitText(job.progress) : ''
  return `${quantity ?? '?'} × product ${productId ?? '?'}${wait}`
}

const adapterOf = (queue: PurchaseQueue): BullMQAdapter => {
  const adapter = new BullMQAdapter(queue, {
    readOnlyMode: true,
    displayName: queue.name,
    description: 'every accepted purchase, until it has an outcome',
  })
  adapter.setFormatter('name', jobTitle)
  return adapter
}

/**
 * Bull Board, to look at and not to touch: a retry there could give a purchase a second outcome, and a removal would
 * lose one that was accepted. Who may look is decided before.
 * @param basePath where it is mounted.
 */
export const dashboard = (queues: readonly PurchaseQueue[], redis: Redis, basePath: string): Router => {
  const adapter = new ExpressAdapter()
  adapter.setBasePath(basePath)
  createBullBoard({
    queues: queues.map(adapterOf),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle } },
  })
  const board: Application = adapter.getRouter()
  board.disable('x-powered-by')

  const refuseWrites = methodNotAllowed('GET', 'HEAD')
  const router = Router()
  router.use((request, response, next) => {
    if (request.method === 'GET' || request.method === 'HEAD') next()
    else refuseWrites(request, response, next)
  })
  router.use('/api', (_request, response, next) => {
    if (redis.status === 'ready') {
      next()
      return
    }
    sendProblem(response, {
      code: 'queue-unavailable',
      detail: 'the queues cannot be shown while Redis is away',
    })
  })
  router.use(board)
  return router
}
