import type { Redis } from '@flash-sale/shared/redis.ts'
import { expect, test } from 'vitest'
import { enqueue } from './enqueue.ts'

const purchase = {
  jobId: '01890a5d-ac96-774b-bcce-b302099a8057',
  acceptedAtMs: 1_700_000_000_000,
  job: { productId: 1, customerId: 'c-1', quantity: 1 },
}
const redisOf = (status: string, addPurchases: (...given: unknown[]) => Promise<unknown>) =>
  ({ status, defineCommand: () => undefined, addPurchases }) as unknown as Redis
const newQueue = () => ({ toKey: (name: string) => `bull:purchases:${name}` })

test('the job carries the id and the time of acceptance', async () => {
  const calls: unknown[][] = []
  const redis = redisOf('ready', async (...given) => {
    calls.push(given)
    return ['']
  })
  expect(await enqueue(redis, newQueue(), purchase)).toEqual({ kind: 'accepted' })
  expect(calls).toHaveLength(1)
  expect(calls[0]?.slice(-3)).toEqual([purchase.jobId, purchase.acceptedAtMs, JSON.stringify(purchase.job)])
})

test('a job that was there is given back, whatever was sent', async () => {
  const job = { ...purchase.job, quantity: 2 }
  const redis = redisOf('ready', async () => [JSON.stringify(job)])
  expect(await enqueue(redis, newQueue(), purchase)).toEqual({ kind: 'was-there', job })
})

test.each(['connecting', 'reconnecting', 'close', 'end'])(
  'a connection that is %s: nothing is sent',
  async (status) => {
    const redis = redisOf(status, () => {
      throw new Error('it was sent')
    })
    expect(await enqueue(redis, newQueue(), purchase)).toMatchObject({ kind: 'queue-unavailable' })
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
  const redis = redisOf('ready', () => Promise.reject(new Error(message)))
  expect(await enqueue(redis, newQueue(), purchase)).toEqual({ kind, reason: message })
})

test('a Redis that goes silent', async () => {
  const redis = redisOf('ready', () => new Promise(() => undefined))
  const startedAtMs = performance.now()
  expect(await enqueue(redis, newQueue(), purchase)).toMatchObject({ kind: 'outcome-unknown' })
  expect(performance.now() - startedAtMs).toBeLessThan(1_800)
})
