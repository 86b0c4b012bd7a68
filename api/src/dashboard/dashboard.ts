import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { ExpressAdapter } from '@bull-board/express'
import { type AdminRole, adminRoles } from '@flash-sale/shared/admin-entry.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { Queue } from 'bullmq'
import { type Application, type RequestHandler, Router } from 'express'
import { callerOf } from '../caller.ts'
import type { PurchaseQueue } from '../enqueue.ts'
import { methodNotAllowed, sendProblem } from '../problem-answer.ts'
import { allowedCalls } from './allowed-calls.ts'
import { answerBoardFault } from './board-fault.ts'
import { boardOptions } from './board-options.ts'
import { renderOwnPages } from './board-page.ts'
import {
  jobData,
  jobLink,
  jobName,
  jobProgress,
  jobResult,
  jobSearchLink,
  type ProductName,
} from './job-words.ts'
import { listEachWorkerOnce } from './worker-list.ts'

export interface DashboardDeps {
  /** The connection of all queues. */
  redis: Redis
  queues: readonly PurchaseQueue[]
  /** Shown, and not touched: a paused reconciler would be missed when it is needed. */
  reconcilerQueue: Queue
  nameOf: ProductName
  /** Whether a browser may follow a job to its order or purchase: their tokens are not in its cookie. */
  ordersOpen: boolean
  /** Where this engine runs, as in `production`. */
  environment: string
  /** Where the dashboard is mounted. */
  basePath: string
}

const purchasesAdapter = (
  queue: PurchaseQueue,
  role: AdminRole,
  { nameOf, ordersOpen }: DashboardDeps,
): BullMQAdapter => {
  const options = {
    readOnlyMode: role !== 'operator',
    // Of a completed purchase it would bring nothing new.
    allowCompletedRetries: false,
    displayName: queue.name,
    description: 'every accepted purchase, until it has an outcome',
    externalJobUrl: ordersOpen ? jobLink : jobSearchLink,
  }
  const adapter = new BullMQAdapter(queue, options)
  adapter.setFormatter('name', (job) => jobName(job, nameOf))
  adapter.setFormatter('data', (data) => jobData(data, nameOf))
  adapter.setFormatter('progress', jobProgress)
  adapter.setFormatter('returnValue', jobResult)
  return listEachWorkerOnce(adapter)
}

const reconcilerAdapter = (queue: Queue): BullMQAdapter => {
  const description = 'looks for purchases that nobody is going to settle, every few seconds'
  return listEachWorkerOnce(
    new BullMQAdapter(queue, { readOnlyMode: true, displayName: queue.name, description }),
  )
}

/** Bull Board's own handler is not told of the request, whose id the log needs: passes a fault on to ours. */
const passOn = (error: Error): never => {
  throw error
}

/** Bull Board for one role: who only looks is shown no buttons. */
const boardFor = (role: AdminRole, deps: DashboardDeps): RequestHandler => {
  const adapter = new ExpressAdapter()
  adapter.setBasePath(deps.basePath)
  createBullBoard({
    queues: [
      ...deps.queues.map((queue) => purchasesAdapter(queue, role, deps)),
      reconcilerAdapter(deps.reconcilerQueue),
    ],
    serverAdapter: adapter,
    options: {
      uiConfig: boardOptions(deps.environment, role),
      handlerHooks: { before: allowedCalls(role) },
    },
  })
  adapter.setErrorHandler(passOn)
  const board: Application = adapter.getRouter()
  board.disable('x-powered-by')
  return Router().use(renderOwnPages(board), board).use('/api', answerBoardFault)
}

const methods = ['GET', 'HEAD', 'PUT'] as const

/**
 * Bull Board as one for each role. Who may come here, and that a viewer writes nowhere, is decided before; what may be done
 * here at all stands in `allowedCalls`.
 */
export const dashboard = (deps: DashboardDeps): Router => {
  const boards = new Map(adminRoles.map((role) => [role, boardFor(role, deps)]))
  const refuseMethod = methodNotAllowed(...methods)
  const router = Router()
  router.use((request, response, next) => {
    if (methods.some((method) => method === request.method)) next()
    else refuseMethod(request, response, next)
  })
  router.use('/api', (_request, response, next) => {
    if (deps.redis.status === 'ready') return next()
    sendProblem(response, {
      code: 'queue-unavailable',
      detail: 'the queues cannot be shown while Redis is away',
    })
  })
  router.use((request, response, next) => {
    const caller = callerOf(request)
    const board = boards.get(caller.kind === 'admin' ? caller.role : 'viewer')
    if (board) board(request, response, next)
    else next()
  })
  return router
}
