import type { Fault, Round } from '../fault.ts'
import type { Sale } from '../sale.ts'
import type { Stack } from '../stack.ts'
import { until } from '../until.ts'
import { partlySold, stuckStatement, unhurried } from './moments.ts'

const seenMsMax = 10_000

/** Holds the answers of Redis to the api until a job is there that its buyer has not been told of. @returns its id. */
const addedButNotTold = async (stack: Stack, round: Round, sale: Sale): Promise<string> => {
  const { redis } = stack.api.links
  await sale.awaitAccepted(round.random.whole(1, Math.floor(sale.plan.buyers / 3)))
  redis.hold('toClient')
  // What comes from now on is added, and the api does not hear of it.
  const before = new Set(await stack.inspect.jobIds())
  return until('a job that its buyer has not been told of', seenMsMax, async () =>
    (await stack.inspect.jobIds()).find((id) => !before.has(id)),
  )
}

const expectTold = async (round: Round, sale: Sale, jobId: string): Promise<void> => {
  await sale.ended
  if (!sale.buyers.some((buyer) => buyer.jobId === jobId))
    round.violation(`job ${jobId} was added, and no retry was answered with it`)
}

export const apiKilledBeforeAnswer: Fault = {
  name: 'api-killed-before-202',
  number: 8,
  what: 'the answer to `add` is held at the proxy until the job is seen in Redis; SIGKILL of the api; started again',
  expects: 'the retry with the same key is answered with the same job',
  plan: { spreadMs: 800 },
  inject: async (stack, round) => {
    const sale = await round.sell()
    const jobId = await addedButNotTold(stack, round, sale)
    await stack.api.kill()
    stack.api.links.redis.reset()
    await stack.api.start()
    await expectTold(round, sale, jobId)
  },
}

export const addAnswerLost: Fault = {
  name: 'answer-of-add-lost',
  number: 9,
  what: 'the answer to `add` is held at the proxy until the job is seen in Redis; the connection is reset',
  expects: '503 outcome-unknown; the retry with the same key is answered with the same job',
  plan: { spreadMs: 800 },
  inject: async (stack, round) => {
    const sale = await round.sell()
    const jobId = await addedButNotTold(stack, round, sale)
    stack.api.links.redis.reset()
    await expectTold(round, sale, jobId)
  },
}

export const finishAnswerLost: Fault = {
  name: 'answer-of-finish-lost',
  number: 10,
  what: "a worker's answers from Redis are held until a job of its batch is finished there; the connections are reset",
  expects: 'the jobs end once, with the stored outcomes',
  plan: unhurried,
  inject: async (stack, round) => {
    const { inspect } = stack
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    const { worker, ids } = await stuckStatement(stack, round, sale)
    worker.links.redis.hold('toClient')
    worker.links.postgres.deliver('toServer')
    await until('a finished job whose worker does not know', seenMsMax, async () => {
      const ends = await Promise.all(
        ids.map((id) => inspect.redis.hget(inspect.queue.toKey(id), 'finishedOn')),
      )
      return ends.some((finishedOn) => finishedOn !== null)
    })
    worker.links.redis.reset()
  },
}
