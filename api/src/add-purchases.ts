import { readFileSync } from 'node:fs'
import type { PurchaseJob } from '@flash-sale/shared/queue.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { gatherCalls } from './gather-calls.ts'

export interface PurchaseToAdd {
  jobId: string
  acceptedAtMs: number
  job: PurchaseJob
}

/** Builds the keys of a queue, as in `toKey('wait')`; with an empty name the prefix of its jobs. */
export interface QueueNames {
  toKey(name: string): string
}

/** @returns undefined when the job was added, else the data of the job that was there. */
type Added = PurchaseJob | undefined

type Command = (...keysAndArguments: (string | number)[]) => Promise<unknown>
type AddGathered = (purchase: PurchaseToAdd) => Promise<Added>

/** Jobs that one call adds, at most: Redis serves nobody else while it does. */
const callMax = 128

const lua = readFileSync(new URL('./add-purchases.lua', import.meta.url), 'utf8')

const keyNames = ['wait', 'meta', 'id', 'active', 'marker']

/** As BullMQ stores the options of a job that has none. */
const noOptions = '{"attempts":0}'

const adders = new WeakMap<QueueNames, AddGathered>()

const adderOf = (redis: Redis, queue: QueueNames): AddGathered => {
  redis.defineCommand('addPurchases', { numberOfKeys: keyNames.length, lua })
  const { addPurchases } = redis as Redis & Record<string, Command | undefined>
  if (!addPurchases) throw new Error('ioredis did not define the command')
  const heads = [...keyNames.map((name) => queue.toKey(name)), queue.toKey(''), 'purchase', noOptions]
  return gatherCalls<PurchaseToAdd, string | Error, Added>({
    callMax,
    call: async (purchases) => {
      const flat = purchases.flatMap(({ jobId, acceptedAtMs, job }) => [
        jobId,
        acceptedAtMs,
        JSON.stringify(job),
      ])
      return (await addPurchases.call(redis, ...heads, ...flat)) as (string | Error)[]
    },
    resultOf: (reply) => {
      if (reply instanceof Error) throw reply
      return reply ? (JSON.parse(reply) as PurchaseJob) : undefined
    },
  })
}

/**
 * Adds a job to its queue unless one with its id is there, together with all others that this process was given in the
 * same turn of its event loop: one call to Redis and, with `appendfsync always`, one flush for all of them. None waits
 * longer than the turn.
 * @param redis always the same for one `queue`.
 * @returns undefined when it was added, else the data of the job that was there, in whatever state.
 * @throws when Redis refused all of them, or did not answer; they may have been added in the second case.
 */
export const addPurchase = (redis: Redis, queue: QueueNames, purchase: PurchaseToAdd): Promise<Added> => {
  const add = adders.get(queue) ?? adderOf(redis, queue)
  adders.set(queue, add)
  return add(purchase)
}
