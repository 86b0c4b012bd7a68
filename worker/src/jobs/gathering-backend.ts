import type { Redis } from '@flash-sale/shared/redis.ts'
import {
  type BackendFactory,
  createRedisBackend,
  type MinimalJob,
  type RedisQueueBackend,
  raw2NextJobData,
  type WorkerOptions,
} from 'bullmq'
import { finishAndTakeOf, type JobReply, type JobToFinish, noJob } from './finish-and-take.ts'

/** Of a worker on this backend: what BullMQ may leave out has to be said. */
export type GatheringWorkerOptions = WorkerOptions & {
  name: string
  lockDuration: number
  removeOnComplete: { age: number; count: number }
  metrics: { maxDataPoints: number }
}

interface Asked<Item> {
  item: Item
  resolve: (reply: JobReply) => void
  reject: (error: unknown) => void
}

interface Gatherer {
  finish(job: JobToFinish): Promise<JobReply>
  /** Takes a job and locks it with this token. */
  take(token: string): Promise<JobReply>
}

/** Jobs that one call ends, and others that it takes, at most: Redis serves nobody else while it does. */
const callMax = 64

const createGatherer = (
  redis: Redis,
  backend: RedisQueueBackend,
  options: GatheringWorkerOptions,
): Gatherer => {
  const finishAndTake = finishAndTakeOf(redis, {
    keyOf: (name) => backend.toKey(name),
    workerName: options.name,
    lockMs: options.lockDuration,
    keepCount: options.removeOnComplete.count,
    keepSeconds: options.removeOnComplete.age,
    metricsPointsMax: options.metrics.maxDataPoints,
  })
  let finishing: Asked<JobToFinish>[] = []
  let taking: Asked<string>[] = []

  const callWith = async (
    toFinish: readonly Asked<JobToFinish>[],
    toTake: readonly Asked<string>[],
  ): Promise<void> => {
    const all = [...toFinish, ...toTake]
    try {
      const replies = await finishAndTake(
        toFinish.map(({ item }) => item),
        toTake.map(({ item }) => item),
      )
      for (const [index, { resolve }] of all.entries()) resolve(replies[index] ?? noJob.said)
    } catch (error) {
      for (const { reject } of all) reject(error)
    }
  }

  const send = (): void => {
    const [toFinish, toTake] = [finishing, taking]
    finishing = []
    taking = []
    for (let from = 0; from < Math.max(toFinish.length, toTake.length); from += callMax)
      void callWith(toFinish.slice(from, from + callMax), toTake.slice(from, from + callMax))
  }

  const ask = <Item>(list: () => Asked<Item>[], item: Item): Promise<JobReply> =>
    new Promise((resolve, reject) => {
      if (finishing.length === 0 && taking.length === 0) setImmediate(send)
      list().push({ item, resolve, reject })
    })

  return {
    finish: (job) => ask(() => finishing, job),
    take: (token) => ask(() => taking, token),
  }
}

type NextJob = ReturnType<typeof raw2NextJobData>

/** As BullMQ's worker expects the next job: [] says that none waits. Undefined: BullMQ's own script knows. */
const nextOf = (reply: JobReply): NextJob | undefined => {
  if (Array.isArray(reply)) return raw2NextJobData([...reply, 0, 0])
  return reply === noJob.waiting ? [] : undefined
}

/**
 * A backend for BullMQ workers that ends and takes, in one call, all jobs that this process answered and wants in the
 * same turn of its event loop: a settled batch is hundreds. Everything else is BullMQ's own. Workers of one queue share
 * what they gather when they are made with the same factory, and then have to have the same `GatheringWorkerOptions`.
 * @param redis the connection that the workers are given.
 */
export const gatheringBackend = (redis: Redis): BackendFactory<RedisQueueBackend> => {
  const gatherers = new Map<string, Gatherer>()

  return (name, options, settings) => {
    const backend = createRedisBackend(name, options, settings)
    const queue = backend.toKey('')
    const gatherer = gatherers.get(queue) ?? createGatherer(redis, backend, options as GatheringWorkerOptions)
    gatherers.set(queue, gatherer)
    const askForNext = backend.moveToActive.bind(backend)
    const workerName = (options as GatheringWorkerOptions).name

    /** The job has ended by now: what goes wrong in asking is no fault of its own, and the worker will ask again. */
    const askAfter = (token: string): Promise<NextJob | undefined> =>
      askForNext(token, workerName).catch(() => undefined)

    return Object.assign(backend, {
      moveToActive: async (token: string) =>
        nextOf(await gatherer.take(token)) ?? askForNext(token, workerName),

      moveToCompleted: async (
        job: MinimalJob,
        returnValue: unknown,
        _removeOnComplete: unknown,
        token: string,
        takeNext: boolean,
      ) => {
        const id = job.id ?? ''
        const attemptsMade = job.attemptsMade + 1
        const finishedOn = Date.now()
        const json = JSON.stringify(returnValue) ?? 'null'
        const reply = await gatherer.finish({ id, token, attemptsMade, returnValue: json, takeNext })
        if (typeof reply === 'number' && reply < 0)
          throw backend.finishedErrors({ code: reply, jobId: id, command: 'finishAndTake', state: 'active' })
        const result = nextOf(reply) ?? (takeNext ? await askAfter(token) : undefined)
        return { result, finishedOn }
      },
    })
  }
}
