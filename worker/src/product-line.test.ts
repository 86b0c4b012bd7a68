import { createLogger } from '@flash-sale/shared/logger.ts'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import type { Lease } from './lock/lease.ts'
import { createProductLine, type ProductLineOptions } from './product-line.ts'
import { createTurns } from './turns.ts'
import type { WaitingPurchase } from './waiting-purchase.ts'

const nothing = (): undefined => undefined

/** A line whose batches all meet the same bug. */
const brokenLine = () => {
  const released: number[] = []
  const lease: Lease = {
    token: 42,
    grantedAtMs: 0,
    isHeld: () => {
      throw new TypeError('a bug')
    },
    release: async () => void released.push(42),
  }
  const logger = createLogger('test', 'silent')
  const events = { staleTokenRefused: nothing } as unknown as ProductLineOptions['events']
  const options = {
    lock: { acquire: async () => lease },
    settler: { logger, events },
    catalog: { find: async () => undefined },
    ...{ tell: nothing, turns: createTurns(1), untilEnded: async () => undefined },
    ...{ events, logger, batchMax: 10, signal: new AbortController().signal },
  } as unknown as ProductLineOptions
  return { line: createProductLine(7, options, nothing), released }
}

test('jobs that fail by a bug name their batch, in the error and hence in their log line', async () => {
  const { line, released } = brokenLine()
  const reason = await new Promise<unknown>((resolve, reject) => {
    line.add({
      purchase: { id: v7(), productId: 7, customerId: 'c', quantity: 1, acceptedAtMs: 1 },
      ...{ sinceMs: 2, settledAgain: 0, unanswered: false, report: async () => undefined },
      ...{ resolve: () => reject(new Error('settled')), reject: resolve },
    } satisfies WaitingPurchase)
  })
  expect(reason).toMatchObject({
    message: 'batch 7:42 could not be settled: a bug',
    batchId: '7:42',
    cause: { name: 'TypeError' },
  })
  // What of an error the log writes beside its stack: the fields that it has by itself.
  expect(Object.keys(reason as object)).toContain('batchId')
  expect(released).toEqual([42])
})
