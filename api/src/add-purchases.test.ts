import { openQueue, type PurchaseJob } from '@flash-sale/shared/queue.ts'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { isolatedStores } from '../../local/src/isolated-stores.ts'
import { contentUnder } from '../../local/src/redis-content.ts'
import { addPurchase } from './add-purchases.ts'
import type { PurchaseQueue } from './enqueue.ts'

const stores = isolatedStores()
const redis = new Redis(stores.redisUrl, { connectionName: `${stores.keyPrefix}test` })
afterAll(() => redis.disconnect())

/** BullMQ repeats the id and the timestamp in the options of a job; we do not. */
const comparable = (content: unknown): unknown => {
  if (typeof content !== 'object' || content === null || !('opts' in content)) return content
  return { ...content, opts: JSON.parse(String(content.opts)).attempts }
}

/**
 * Everything that is stored of a queue. Not the events, of which we write none here, and not what BullMQ notes about the
 * queue itself when its connection is ready.
 */
const stored = async (queue: PurchaseQueue): Promise<Record<string, unknown>> => {
  const { events: _events, meta: _meta, ...rest } = await contentUnder(redis, queue.toKey(''))
  return Object.fromEntries(Object.entries(rest).map(([name, content]) => [name, comparable(content)]))
}

let queues = 0
const withQueues = async (play: (theirs: PurchaseQueue, ours: PurchaseQueue) => Promise<void>) => {
  queues += 1
  const open = (side: string) => openQueue('purchases', redis, `${stores.keyPrefix}${queues}${side}`)
  const [theirs, ours] = [open('theirs'), open('ours')]
  try {
    await play(theirs, ours)
    expect(await stored(ours)).toEqual(await stored(theirs))
  } finally {
    await Promise.all([theirs.close(), ours.close()])
  }
}

const acceptedAtMs = 1_700_000_000_000
const idOf = (n: number): string => `01890a5d-ac96-774b-bcce-b302099a8${String(n).padStart(3, '0')}`
const job: fc.Arbitrary<PurchaseJob> = fc.record({
  productId: fc.integer({ min: 1, max: 9 }),
  customerId: fc.string({ minLength: 1, maxLength: 20 }),
  quantity: fc.integer({ min: 1, max: 10 }),
})

const changes = ['pause', 'resume', 'one at a time', 'one is active', 'the marker is taken'] as const
type Step = { add: { n: number; job: PurchaseJob }[] } | (typeof changes)[number]
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ add: fc.array(fc.record({ n: fc.nat({ max: 15 }), job }), { maxLength: 8 }) }),
  },
  fc.constantFrom<Step>(...changes),
)

test('what is stored is the same as with a call for each job, and what was there is told', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 10 }), async (played) => {
      await withQueues(async (theirs, ours) => {
        const known = new Map<number, PurchaseJob>()
        for (const step of played) {
          if (step === 'one is active')
            await Promise.all([theirs, ours].map((queue) => redis.lpush(queue.toKey('active'), 'x')))
          else if (step === 'the marker is taken')
            await Promise.all([theirs, ours].map((queue) => redis.del(queue.toKey('marker'))))
          else if (step === 'one at a time')
            await Promise.all([theirs, ours].map((queue) => queue.setGlobalConcurrency(1)))
          else if (step === 'pause') await Promise.all([theirs.pause(), ours.pause()])
          else if (step === 'resume') await Promise.all([theirs.resume(), ours.resume()])
          else {
            for (const { n, job } of step.add)
              await theirs.add('purchase', job, { jobId: idOf(n), timestamp: acceptedAtMs })
            const expected = step.add.map(({ n, job }) => {
              const there = known.get(n)
              if (!there) known.set(n, job)
              return there
            })
            const told = await Promise.all(
              step.add.map(({ n, job }) => addPurchase(redis, ours, { jobId: idOf(n), acceptedAtMs, job })),
            )
            expect(told).toEqual(expected)
          }
        }
      })
    }),
    { numRuns: 100 },
  )
}, 60_000)

test('more than one call carries', async () => {
  const purchases = Array.from({ length: 300 }, (_, n) => ({
    jobId: idOf(n),
    acceptedAtMs,
    job: { productId: 1, customerId: `c-${n}`, quantity: 1 },
  }))
  await withQueues(async (theirs, ours) => {
    for (const { jobId, job } of purchases)
      await theirs.add('purchase', job, { jobId, timestamp: acceptedAtMs })
    await Promise.all(purchases.map((purchase) => addPurchase(redis, ours, purchase)))
  })
})

test('what is wrong with one is told to that one only, and the others are added', async () => {
  await withQueues(async (theirs, ours) => {
    const job = { productId: 1, customerId: 'c', quantity: 1 }
    const [a, noHash, noJson, b] = [1, 2, 3, 4].map(idOf) as [string, string, string, string]
    await redis.set(ours.toKey(noHash), 'no hash')
    await redis.hset(ours.toKey(noJson), 'data', '{')
    const results = await Promise.allSettled(
      [a, noHash, noJson, b].map((jobId) => addPurchase(redis, ours, { jobId, acceptedAtMs, job })),
    )
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    await redis.del(ours.toKey(noHash), ours.toKey(noJson))
    for (const jobId of [a, b]) await theirs.add('purchase', job, { jobId, timestamp: acceptedAtMs })
    // The counter is of ids that nobody uses; it counts calls that fail as well.
    await Promise.all([theirs, ours].map((queue) => redis.del(queue.toKey('id'))))
  })
})

test('a fault is told to everybody of that call', async () => {
  await withQueues(async (_theirs, ours) => {
    await redis.set(ours.toKey('wait'), 'no list')
    const purchase = { acceptedAtMs, job: { productId: 1, customerId: 'c', quantity: 1 } }
    const results = await Promise.allSettled(
      [1, 2].map((n) => addPurchase(redis, ours, { ...purchase, jobId: idOf(n) })),
    )
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await redis.del(ours.toKey('wait'), ours.toKey(idOf(1)), ours.toKey(idOf(2)), ours.toKey('id'))
  })
})
