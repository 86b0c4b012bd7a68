import type { Redis } from '@flash-sale/shared/redis.ts'
import {
  type BackendFactory,
  createRedisBackend,
  type MinimalJob,
  type RedisQueueBackend,
  raw2NextJobData,
} from 'bullmq'
import {
  finishAndTakeOf,
  type JobReply,
  type JobToFinish,
  noJob,
  type QueueOfJobs,
} from './finish-and-take.ts'

export interface GatheringOptions extends Omit<QueueOfJobs, 'keyOf'> {
  redis: Redis
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

/** Jobs that one call ends and takes, at most: Redis serves nobody else while it does. */
const callMax = 64

const createGatherer = (backend: RedisQueueBackend, { redis, ...queue }: GatheringOptions): Gatherer => {
  const finishAndTake = finishAndTakeOf(redis, { ...queue, keyOf: (name) => backend.toKey(name) })
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
    const rest = toFinish.length % callMax
    const whole = toFinish.length - rest
    for (let from = 0; from < whole; from += callMax) void callWith(toFinish.slice(from, from + callMax), [])
    if (rest > 0 || toTake.length > 0) void callWith(toFinish.slice(whole), toTake)
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

/** As BullMQ's worker expects the next job: [] says that none waits, undefined that it shall ask. */
const nextOf = (reply: JobReply): ReturnType<typeof raw2NextJobData> | undefined => {
  if (Array.isArray(reply)) return raw2NextJobData([...reply, 0, 0])
  return reply === noJob.waiting ? [] : undefined
}

/**
 * A backend for BullMQ workers that ends and takes, in one call, all jobs that this process answered and wants in the
 * same turn of its event loop: a settled batch is hundreds. Everything else is BullMQ's own. Workers of one queue share
 * what they gather when they are made with the same factory.
 */
export const gatheringBackend = (options: GatheringOptions): BackendFactory<RedisQueueBackend> => {
  const gatherers = new Map<string, Gatherer>()

  return (name, queueOptions, settings) => {
    const backend = createRedisBackend(name, queueOptions, settings)
    const gatherer = gatherers.get(name) ?? createGatherer(backend, options)
    gatherers.set(name, gatherer)
    const askForNext = backend.moveToActive.bind(backend)

    return Object.assign(backend, {
      moveToActive: async (token: string, workerName?: string) =>
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
        return { result: nextOf(reply), finishedOn }
      },
    })
  }
}
