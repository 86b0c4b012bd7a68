import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'

/** A job to be ended as completed. */
export interface JobToFinish {
  id: string
  /** What it was locked with. */
  token: string
  /** With this one. */
  attemptsMade: number
  /** JSON. */
  returnValue: string
  /** Whether this worker takes another job in its place, which is locked with the same token. */
  takeNext: boolean
}

/** What came of a job to be ended, or of a token for which one was wanted; a negative number is BullMQ's code of an error. */
export type JobReply = number | [hash: string[], id: string]

/** Replies without a job. */
export const noJob = { wanted: 0, waiting: 1, said: 2 } as const

export interface QueueOfJobs {
  /** Builds its keys, as in `keyOf('wait')`; with an empty name the prefix of its jobs. */
  keyOf: (name: string) => string
  workerName: string
  lockMs: number
  keepCount: number
  keepSeconds: number
  metricsPointsMax: number
}

/**
 * @param toFinish jobs of this worker.
 * @param tokens for each one job is wanted, locked with it.
 * @returns one reply for each of both, in order.
 * @throws when Redis does not answer: then nobody knows.
 */
export type FinishAndTake = (
  toFinish: readonly JobToFinish[],
  tokens: readonly string[],
) => Promise<JobReply[]>

type Command = (...keysAndArguments: (string | number)[]) => Promise<unknown>

const lua = readFileSync(new URL('./finish-and-take.lua', import.meta.url), 'utf8')

const keyNames = [
  'wait',
  'active',
  'completed',
  'stalled',
  'meta',
  'delayed',
  'prioritized',
  'marker',
  'events',
  'metrics:completed',
  'metrics:completed:data',
]

/** The script beside this file, for one queue: see there for what it does, and what it leaves to BullMQ. */
export const finishAndTakeOf = (redis: Redis, queue: QueueOfJobs): FinishAndTake => {
  redis.defineCommand('finishAndTake', { numberOfKeys: keyNames.length, lua })
  const { finishAndTake } = redis as Redis & Record<string, Command | undefined>
  if (!finishAndTake) throw new Error('ioredis did not define the command')
  const keys = keyNames.map(queue.keyOf)
  const prefix = queue.keyOf('')
  const { workerName, lockMs, keepCount, keepSeconds, metricsPointsMax } = queue

  return async (toFinish, tokens) => {
    const settings = [prefix, Date.now(), workerName, lockMs, keepCount, keepSeconds, metricsPointsMax]
    const jobs = toFinish.flatMap(({ id, token, attemptsMade, takeNext, returnValue }) => [
      id,
      token,
      attemptsMade,
      `${takeNext ? 1 : 0}${returnValue}`,
    ])
    const all = [...keys, ...settings, toFinish.length, ...jobs, ...tokens]
    return (await finishAndTake.call(redis, ...all)) as JobReply[]
  }
}
