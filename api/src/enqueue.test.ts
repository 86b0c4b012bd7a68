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

const keyed = { ...purchase, job: { ...purchase.job, nonce: 'mine' } }

/** A queue that takes everything, and a Redis in which `read` gives what is stored of the job. */
const storesWith = (read: (key: string, field: string) => Promise<string | null>) => {
  const redis = { status: 'ready', hget: read } as unknown as Redis
  const queue = { add: async () => undefined, toKey: (id: string) => `bull:purchases:${id}` }
  return [redis, queue as unknown as PurchaseQueue] as const
}

test.each([
  ['its own', JSON.stringify(keyed.job), { kind: 'accepted' }],
  [
    "another call's",
    JSON.stringify({ ...keyed.job, nonce: 'yours' }),
    { kind: 'was-there', job: { ...keyed.job, nonce: 'yours' } },
  ],
  ['one without nonce', JSON.stringify(purchase.job), { kind: 'was-there', job: purchase.job }],
  ['none any more', null, { kind: 'accepted' }],
])('a job with a nonce is read back: %s', async (_what, stored, expected) => {
  const asked: string[][] = []
  const [redis, queue] = storesWith(async (...given) => {
    asked.push(given)
    return stored
  })
  expect(await enqueue(redis, queue, keyed)).toEqual(expected)
  expect(asked).toEqual([[`bull:purchases:${purchase.jobId}`, 'data']])
})

test.each(["Stream isn't writeable", 'Command timed out', 'OOM command not allowed'])(
  'the job was added, and is not read back (%s): nobody knows whose it is',
  async (message) => {
    const [redis, queue] = storesWith(() => Promise.reject(new Error(message)))
    expect(await enqueue(redis, queue, keyed)).toEqual({ kind: 'outcome-unknown', reason: message })
  },
)

test('a Redis that goes silent between the two', async () => {
  const [redis, queue] = storesWith(() => new Promise(() => undefined))
  const startedAtMs = performance.now()
  expect(await enqueue(redis, queue, keyed)).toMatchObject({ kind: 'outcome-unknown' })
  expect(performance.now() - startedAtMs).toBeLessThan(1_800)
})
