/** The HTTP contract of the lock page: who holds which lock, who waits, how fast it goes. */
import { z } from 'zod'
import { lockedProductSchema, outcomeCountsSchema, productStateSchema } from './locked-product.ts'
import { queueStateSchema } from './queue-state.ts'

const countSchema = z.int().min(0)
const msSchema = z.number().min(0)
const timeSchema = z.iso.datetime()

const workerStateSchema = z.object({
  worker: z.string(),
  reportAgeMs: msSchema,
  live: z.boolean().describe('Whether it said something within the last 3 s.'),
  startedAt: timeSchema.optional(),
  waitingPurchases: countSchema,
  settlingPurchases: countSchema,
  settled: countSchema.describe('Purchases, since it was started.'),
})
export type WorkerState = z.infer<typeof workerStateSchema>

const faultsSchema = z
  .object({
    leasesLost: countSchema,
    staleTokensRefused: countSchema,
    settledAgain: countSchema,
    longLockWaits: countSchema,
    jobsStalled: countSchema,
    jobsFailed: countSchema,
  })
  .describe('Of the workers that live, since they were started.')
export type WorkerFaults = z.infer<typeof faultsSchema>

/** Answer of `GET /admin/locks`. Products are in order: those that are waited for come first. */
export const lockOverviewSchema = z
  .object({
    at: timeSchema,
    queue: queueStateSchema.extend({
      settledPerS: z
        .number()
        .min(0)
        .describe('How fast the whole queue drains, or did when it had work last; 0 while that is unknown.'),
      emptyInMs: msSchema
        .optional()
        .describe('When it is empty at that speed; absent while that is unknown.'),
      oldestWaitMs: msSchema
        .optional()
        .describe(
          'For how long the oldest purchase without an outcome has waited; absent when there is none.',
        ),
    }),
    products: z.array(lockedProductSchema).max(100).describe('What is being sold.'),
    quiet: z.array(productStateSchema).max(100).describe('The newest of the others.'),
    workers: z.array(workerStateSchema),
    outcomes: outcomeCountsSchema,
    refused: z
      .array(z.object({ reason: z.string(), purchases: countSchema }))
      .describe('Purchases that this api did not accept, since it was started, by problem code.'),
    faults: faultsSchema,
  })
  .meta({
    description: 'Who holds which lock, who waits for it, and how fast it goes, at one moment.',
    examples: [
      {
        at: '2030-01-31T18:00:01.000Z',
        queue: {
          paused: false,
          counts: { waiting: 1_200, active: 800, delayed: 0, completed: 5_000, failed: 0 },
          settledPerS: 4_000,
          emptyInMs: 500,
          oldestWaitMs: 480,
        },
        products: [
          {
            productId: 1,
            name: 'iPhone 15',
            stock: 63,
            initialStock: 100,
            saleStatus: 'open',
            invariants: { at: '2030-01-31T18:00:00.000Z', ok: true, broken: [] },
            holder: {
              worker: 'worker-1-0f3a1f6f',
              purchases: 350,
              fencingToken: 42,
              heldMs: 35,
              leaseLeftMs: 1_965,
            },
            waiters: [{ worker: 'worker-2-2b117d2c', purchases: 340, waitedMs: 30 }],
            waitersInLine: 1,
            waitingPurchases: 340,
            settlingPurchases: 350,
            depth: 1_890,
            settled: 5_000,
            batches: 15,
            settledPerS: 4_000,
            emptyInMs: 473,
            lockWaitMsP50: 56,
            lockWaitMsP99: 84,
            outcomes: { confirmed: 37, sold_out: 0, limit_reached: 0, not_on_sale: 0, failed: 0 },
          },
        ],
        quiet: [{ productId: 2, name: 'Case', stock: 10, initialStock: 10, saleStatus: 'upcoming' }],
        workers: [
          {
            worker: 'worker-1',
            reportAgeMs: 400,
            live: true,
            startedAt: '2030-01-31T17:00:00.000Z',
            waitingPurchases: 0,
            settlingPurchases: 350,
            settled: 37,
          },
        ],
        outcomes: { confirmed: 37, sold_out: 0, limit_reached: 0, not_on_sale: 0, failed: 0 },
        refused: [{ reason: 'sold-out', purchases: 3 }],
        faults: {
          leasesLost: 0,
          staleTokensRefused: 0,
          settledAgain: 0,
          longLockWaits: 0,
          jobsStalled: 0,
          jobsFailed: 0,
        },
      },
    ],
  })
export type LockOverview = z.infer<typeof lockOverviewSchema>
