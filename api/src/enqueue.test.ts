import type { Redis } from '@flash-sale/shared/redis.ts'
import { expect, test } from 'vitest'
import { enqueue, type PurchaseQueue } from './enqueue.ts'

const purchase = {
  jobId: '01890a5d-ac96-774b-bcce-b302099a8057',
  acceptedAtMs: 1_700_000_000_000,
  job: { productId: 1, customerId: 'c-1', quantity: 1 },
}
const redisOf = (status: string) => ({ status }) as Redis
const queueOf = (add: (...given: unknown[]) => Promise<unknown>) => ({ add }) as unknown as PurchaseQueue

test('the job carries the id and the time of acceptance', async () => {
  const calls: unknown[][] = []
  const queue = queueOf(async (...given) => calls.push(given))
  expect(await enqueue(redisOf('ready'), queue, purchase)).toEqual({ kind: 'accepted' })
  expect(calls).toEqual([
    ['purchase', purchase.job, { jobId: purchase.jobId, timestamp: purchase.acceptedAtMs }],
  ])
})

test.each(['connecting', 'reconnecting', 'close', 'end'])(
  'a connection that is %s: nothing is sent',
  async (status) => {
    const queue = queueOf(() => {
      throw new Error('it was sent')
    })
    expect(await enqueue(redisOf(status), queue, purchase)).toMatchObject({ kind: 'queue-unavailable' })
  },
)

test.each([
  [
    "OOM command not allowed when used memory > 'maxmemory'. script: 1f, on @user_script:1.",
    'queue-unavailable',
  ],
  ['ERR Error running script (call to f_1f): @user_script:1: -OOM command not allowed', 'queue-unavailable'],
  ['LOADING Redis is loading the dataset in memory', 'queue-unavailable'],
  ["READONLY You can't write against a read only replica.", 'queue-unavailable'],
  ['MISCONF Errors writing to the AOF file: No space left on device', 'queue-unavailable'],
  ["Stream isn't writeable and enableOfflineQueue options is false", 'queue-unavailable'],
  ['Command timed out', 'outcome-unknown'],
  [
    'Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest"',
    'outcome-unknown',
  ],
  ['read ECONNRESET', 'outcome-unknown'],
  ['ERR something nobody has seen yet', 'outcome-unknown'],
])('%s', async (message, kind) => {
  const queue = queueOf(() => Promise.reject(new Error(message)))
  expect(await enqueue(redisOf('ready'), queue, purchase)).toEqual({ kind, reason: message })
})
