import { openQueue, type PurchaseJob, type PurchaseResult } from '@flash-sale/shared/queue.ts'
import { type BackendFactory, Job, type RedisQueueBackend, Worker } from 'bullmq'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isolatedStores } from '../../../local/src/isolated-stores.ts'
import { contentUnder } from '../../../local/src/redis-content.ts'
import { gatheringBackend } from './gathering-backend.ts'

const stores = isolatedStores()
const redis = new Redis(stores.redisUrl, {
  connectionName: `${stores.keyPrefix}test`,
  maxRetriesPerRequest: null,
})
afterAll(() => redis.disconnect())

// The clock stands still unless a test moves it, so that both sides write the same times.
const startMs = Date.UTC(2026, 0, 2, 3, 4, 5)
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: startMs })
})
afterEach(() => {
  vi.useRealTimers()
})

const keep = { age: 100, count: 5 }
const lockMs = 60_000
const metricsPointsMax = 4
const workerName = 'worker-1'

type PurchaseBullJob = Job<PurchaseJob, PurchaseResult>

const optionsOf = (prefix: string) => ({
  connection: redis,
  prefix,
  name: workerName,
  autorun: false,
  lockDuration: lockMs,
  removeOnComplete: keep,
  metrics: { maxDataPoints: metricsPointsMax },
})

/** A queue and the worker that takes from it, with what BullMQ does or with what we do. */
const openSide = (prefix: string, factory: BackendFactory<RedisQueueBackend> | undefined) => {
  const queue = openQueue('purchases', redis, prefix)
  const options = optionsOf(prefix)
  const worker = factory
    ? new Worker<PurchaseJob, PurchaseResult>('purchases', null, options, factory)
    : new Worker<PurchaseJob, PurchaseResult>('purchases', null, options)
  const held = new Map<string, PurchaseBullJob>()
  return { queue, worker, held, keyOf: (name: string) => queue.toKey(name) }
}

type Side = ReturnType<typeof openSide>

/**
 * Everything that is stored of a queue. Not the events that we leave out (see finish-and-take.lua), and not the counter of
 * priorities, which BullMQ resets when it looks for a prioritized job in vain.
 */
const stored = async ({ keyOf }: Side): Promise<Record<string, unknown>> => {
  const { events = [], pc: _reset, ...rest } = await contentUnder(redis, keyOf(''))
  const kept = (events as string[][]).filter(([, event]) => event === 'completed')
  return { ...rest, events: kept }
}

let sides = 0
const withSides = async (play: (theirs: Side, ours: Side) => Promise<void>): Promise<void> => {
  sides += 1
  const prefix = `${stores.keyPrefix}${sides}`
  const factory = gatheringBackend(redis)
  const theirs = openSide(`${prefix}theirs`, undefined)
  const ours = openSide(`${prefix}ours`, factory)
  try {
    await play(theirs, ours)
    expect(await stored(ours)).toEqual(await stored(theirs))
  } finally {
    await Promise.all([theirs, ours].flatMap(({ queue, worker }) => [worker.close(), queue.close()]))
  }
}

const add = (
  { queue }: Side,
  ids: readonly string[],
  options: { delay?: number; priority?: number } = {},
): Promise<unknown> =>
  queue.addBulk(
    ids.map((jobId) => ({
      name: 'purchase',
      data: { productId: 1, customerId: `c of ${jobId}`, quantity: 1 },
      opts: { jobId, timestamp: Date.now(), ...options },
    })),
  )

const take = async ({ worker, held }: Side, token: string): Promise<unknown> => {
  const job = await worker.getNextJob(token, { block: false })
  if (job?.id) held.set(job.id, job)
  return job ? job.asJSON() : { delayUntil: (worker as unknown as { blockUntil: number }).blockUntil }
}

const resultOf = (id: string, text: string): PurchaseResult => ({
  outcome: 'confirmed',
  orderId: `order of ${id}, ${text}`,
  settledAt: '2026-01-02T03:04:05.000Z',
  queueWaitMs: 1,
  lockWaitMs: 2,
  settleMs: 3,
  batchSize: 4,
})

/** @returns what BullMQ's worker learns: the next job if there is one, or the code of the error. */
const finish = async (side: Side, id: string, token: string, next: boolean, text: string) => {
  const job = side.held.get(id)
  if (!job) return 'not held'
  try {
    const reply = await job.moveToCompleted(resultOf(id, text), token, next)
    side.held.delete(id)
    const { finishedOn } = job
    // A worker that is told nothing asks.
    if (!Array.isArray(reply)) return { finishedOn, next: next ? await take(side, token) : undefined }
    const [hash, nextId, , delayUntil] = reply
    if (!hash) return { finishedOn, next: next ? { delayUntil: delayUntil ?? 0 } : undefined }
    const following = Job.fromJSON(side.worker, hash, nextId) as PurchaseBullJob
    side.held.set(nextId, following)
    return { finishedOn, next: following.asJSON() }
  } catch (error) {
    return (error as { code?: number }).code
  }
}

interface Step {
  name: string
  /** @returns what the worker learned. */
  run: (side: Side) => Promise<unknown>
  /** Once for both sides. */
  before?: () => void
}

const idOf = (n: number): string => `a${n}`
const tokenOf = (n: number): string => `token-${n % 3}`
const jobs = fc.nat({ max: 11 })

/** In any order: jobs come, are taken and ended, and what may go wrong with a lock or a queue does. */
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(jobs, { minLength: 1, maxLength: 4 }).map(
      (ids): Step => ({
        name: `add ${ids}`,
        run: (side) => add(side, ids.map(idOf)).then(() => undefined),
      }),
    ),
  },
  {
    weight: 5,
    arbitrary: jobs.map((n): Step => ({ name: `take ${n}`, run: (side) => take(side, tokenOf(n)) })),
  },
  {
    weight: 6,
    arbitrary: fc.record({ index: jobs, next: fc.boolean(), text: fc.string({ maxLength: 20 }) }).map(
      ({ index, next, text }): Step => ({
        name: `finish the held one at ${index}${next ? ' and take the next' : ''}`,
        run: async (side) => {
          const id = [...side.held.keys()].sort()[index % Math.max(1, side.held.size)]
          return id === undefined
            ? 'none held'
            : finish(side, id, side.held.get(id)?.token ?? tokenOf(index), next, text)
        },
      }),
    ),
  },
  jobs.map(
    (n): Step => ({
      name: `finish ${n} with another's token`,
      run: (side) => finish(side, idOf(n), 'of another', true, ''),
    }),
  ),
  jobs.map(
    (n): Step => ({
      name: `the lock of ${n} expires`,
      run: ({ keyOf }) => redis.del(keyOf(`${idOf(n)}:lock`)),
    }),
  ),
  jobs.map(
    (n): Step => ({
      name: `${n} is removed`,
      run: ({ keyOf }) => redis.del(keyOf(idOf(n)), keyOf(`${idOf(n)}:lock`)),
    }),
  ),
  jobs.map(
    (n): Step => ({
      name: `${n} is marked as stalled`,
      run: ({ keyOf }) => redis.sadd(keyOf('stalled'), idOf(n)),
    }),
  ),
  fc.constantFrom(1, 61, 200, 400).map(
    (seconds): Step => ({
      name: `${seconds} s pass`,
      before: () => void vi.setSystemTime(Date.now() + seconds * 1_000),
      run: async () => undefined,
    }),
  ),
  fc.boolean().map(
    (pause): Step => ({
      name: pause ? 'pause' : 'resume',
      run: ({ queue }) => (pause ? queue.pause() : queue.resume()),
    }),
  ),
  jobs.map(
    (n): Step => ({
      name: `add ${n} for in 40 s`,
      run: (side) => add(side, [idOf(n)], { delay: 40_000 }).then(() => undefined),
    }),
  ),
)

test('what is stored and what a worker learns is the same as with a call for each job', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 40 }), async (played) => {
      vi.setSystemTime(startMs)
      await withSides(async (theirs, ours) => {
        for (const { name, run, before } of played) {
          before?.()
          const [expected, got] = [await run(theirs), await run(ours)]
          expect({ name, got }).toEqual({ name, got: expected })
        }
      })
    }),
    { numRuns: 150 },
  )
}, 60_000)

test('hundreds that are answered and wanted in one turn', async () => {
  const ids = Array.from({ length: 200 }, (_, n) => idOf(n))
  const [first, second] = [ids.slice(0, 150), ids.slice(150)]
  await withSides(async (theirs, ours) => {
    for (const side of [theirs, ours]) {
      await add(side, ids)
      await Promise.all(first.map((id) => take(side, `token of ${id}`)))
      // In an order of its own, as a batch is sorted by acceptance.
      const order = [...first.slice(75), ...first.slice(0, 75)]
      await Promise.all(order.map((id, n) => finish(side, id, `token of ${id}`, n < second.length, '')))
      expect([...side.held.keys()].sort()).toEqual([...second].sort())
    }
  })
})

test('what seldom happens by chance: a job that starts again and again, a lost marker, minutes of counts', async () => {
  await withSides(async (theirs, ours) => {
    const learned: unknown[][] = []
    for (const side of [theirs, ours]) {
      vi.setSystemTime(startMs)
      await add(side, ['a1', 'a2', 'a3'])
      await redis.hset(side.keyOf('a2'), 'atm', 3)
      await take(side, 't')
      await side.held.get('a1')?.moveToWait('t')
      const seen = [await take(side, 't'), await finish(side, 'a1', 't', false, 'once')]
      await (await side.queue.getJob('a1'))?.retry('completed')
      seen.push(await take(side, 't'), await take(side, 'u'))
      await redis.del(side.keyOf('marker'))
      seen.push(await finish(side, 'a2', 't', true, ''), await redis.zrange(side.keyOf('marker'), '0', '-1'))
      seen.push(await redis.hget(side.keyOf('a2'), 'atm'))
      seen.push(await finish(side, 'a1', 'u', false, 'twice'), await finish(side, 'a1', 't', false, 'twice'))
      await add(side, ['p1'], { priority: 3 })
      seen.push(await take(side, 't'), await take(side, 'p'), await finish(side, 'p1', 'p', false, ''))
      for (let n = 0; n < 7; n += 1) {
        vi.setSystemTime(Date.now() + 130_000)
        await add(side, [`b${n}`])
        seen.push(await take(side, 't'), await finish(side, `b${n}`, 't', false, ''))
      }
      learned.push(seen)
    }
    expect(learned[1]).toEqual(learned[0])
  })
})

test('what somebody put into a job harms that job only', async () => {
  const ours = openSide(`${stores.keyPrefix}harmed`, gatheringBackend(redis))
  await add(ours, ['a1', 'a2', 'a3', 'a4'])
  await redis.hset(ours.keyOf('a1'), 'ats', 'once')
  await redis.set(ours.keyOf('a2'), 'no hash')
  const taken = Promise.all(['t', 't', 't'].map((token) => take(ours, token)))
  // In place of the one that is no job its taker has the next one.
  await expect(taken).resolves.toHaveLength(3)
  expect([...ours.held.keys()].sort()).toEqual(['a1', 'a3', 'a4'])
  await Promise.all([ours.worker.close(), ours.queue.close()])
})

test('workers of a queue that works at one job at a time go on to the next', async () => {
  vi.useRealTimers()
  const prefix = `${stores.keyPrefix}limited`
  const side = openSide(prefix, gatheringBackend(redis))
  await side.queue.setGlobalConcurrency(1)
  let atATime = 0
  const worked: string[] = []
  const done = Promise.withResolvers<void>()
  const worker = new Worker<PurchaseJob, PurchaseResult>(
    'purchases',
    async (job) => {
      atATime += 1
      expect(atATime).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      atATime -= 1
      worked.push(job.id ?? '')
      if (worked.length === 5) done.resolve()
      return resultOf(job.id ?? '', '')
    },
    // A worker that waits for a marker, instead of asking, waits longer than the test.
    { ...optionsOf(prefix), autorun: true, concurrency: 2, drainDelay: 120 },
    gatheringBackend(redis),
  )
  await add(side, ['a1', 'a2', 'a3', 'a4', 'a5'])
  await done.promise
  expect(worked).toEqual(['a1', 'a2', 'a3', 'a4', 'a5'])
  await Promise.all([worker.close(), side.worker.close(), side.queue.close()])
})
