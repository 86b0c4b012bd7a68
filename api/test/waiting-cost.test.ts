/** What waiting costs Redis: one subscription a process, and no call a client; and what is done about lost news. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { openOutcomeNews, outcomeMessage, settledMessage } from '@flash-sale/shared/outcome-news.ts'
import { openCommandRedis, type Redis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { readEvents } from './event-reader.ts'
import { eventually, type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
const channel = redisKeys(stores.keyPrefix).outcomeChannel
const silent = pino({ level: 'silent' })

/** Held requests are looked at so rarely that no test sees it: what is answered here was heard of, or missed and noticed. */
const waitLimits = { waitersMax: 1_000, streamsMax: 1_000, heldLookEveryMs: 3_600_000 }

/** Its commands are counted; nothing else uses this connection. */
let redis: Redis
let api: ServedApi
/** For what the test itself does. */
let other: ServedApi
let productId: number
let tell: (message: string) => void

beforeAll(async () => {
  redis = openCommandRedis({ url: stores.redisUrl, keyPrefix: stores.keyPrefix, logger: silent }, 'counted')
  await eventually(async () => redis.status === 'ready')
  api = await serveApi(stores, { redis, waitLimits, connectionsMax: 1_000 })
  other = await serveApi(stores, { connectionsMax: 1_000 })
  productId = await other.createProduct({ stock: 10_000 })
  tell = openOutcomeNews(other.redis, channel, 'worker-1')
  // Subscribed for as long as this file runs, and its script known to Redis, so that nothing of that is counted below.
  void heardOf('a purchase that nobody tells of')
  const [jobId = ''] = await buyMany(1)
  expect((await api.call(`/purchases/${jobId}`)).status).toBe(200)
})
afterAll(() => Promise.all([api.close(), other.close()]))
beforeEach(() => other.queue.obliterate({ force: true }))
afterEach(() => void vi.restoreAllMocks())

/** Resolves when this api has heard of the outcome of a purchase. */
const heardOf = (jobId: string): Promise<void> =>
  new Promise((resolve) => {
    const stop = api.outcomes.follow(jobId, {
      onGap: () => undefined,
      onSettled: () => {
        stop()
        resolve()
      },
    })
  })

const waiting = { prefer: 'wait=30' }
const post = (n: number, headers: Record<string, string> = {}, through = api) =>
  through.call('/purchases', { json: { productId, customerId: `c-${n}` }, headers })
const buyMany = async (count: number): Promise<string[]> => {
  const answers = await Promise.all(Array.from({ length: count }, (_, n) => post(n, {}, other)))
  return answers.map(({ body }) => String(body.jobId))
}

/** A POST that waits: its job is in the queue, and nothing will look at it, when this resolves. */
const postWaiting = async (n: number) => {
  const answer = post(n, waiting)
  const job = await eventually(async () => {
    const jobs = await other.queue.getWaiting(0, 9)
    return jobs.find(({ data }) => data.customerId === `c-${n}`)
  })
  return { answer, jobId: String(job.id) }
}

/** Settles them in one statement, as one batch, and tells nobody. @returns the message that tells of it. */
const settleAll = async (jobIds: readonly string[]): Promise<string> => {
  const settledAt = '2026-01-31T12:00:01.000Z'
  const rows = await other.database.run(
    'settling',
    (sql) => sql<{ id: string; order_id: string }[]>`
      SELECT id, order_id
        FROM settle_purchases(${productId}, 1, ${jobIds}::uuid[], ${jobIds.map((_, n) => `c-${n}`)}::text[],
                              ${jobIds.map(() => 1)}::int[], ${jobIds.map(() => settledAt)}::timestamptz[])`,
  )
  const batch = {
    ...{ productId, batchSize: rows.length, settleMs: 1, settledAt },
  }
  const entries = rows.map(({ id, order_id }) => ({
    ...{
      jobId: id,
      outcome: 'confirmed' as const,
      quantity: 1,
      acceptedAtMs: 0,
      queueWaitMs: 0,
      lockWaitMs: 0,
    },
    orderId: Number(order_id),
    settledAt,
  }))
  return outcomeMessage(batch, entries)
}

/** Everything that the api sends to Redis from now on, each with what it adds or reads. */
const watchCommands = () => {
  const spy = vi.spyOn(redis, 'sendCommand')
  const commands = () => spy.mock.calls.map(([command]) => command.args.map(String))
  return {
    count: () => commands().length,
    /** Purchases that were read, once for each time. */
    read: () => commands().reduce((sum, [, keys]) => sum + Number(keys), 0),
    adds: () => commands().filter((args) => args.includes('purchase')).length,
    forget: () => void spy.mockClear(),
  }
}

const subscribed = () => eventually(async () => api.outcomes.hears())

describe.each([5, 200])('%i clients', (count) => {
  test('that wait with their POST cost Redis the adding, and nothing from then on', async () => {
    await subscribed()
    const commands = watchCommands()
    const answers = Array.from({ length: count }, (_, n) => post(n, waiting))
    const jobs = await eventually(async () => {
      const added = await other.queue.getWaiting(0, count)
      return added.length === count && added
    })
    expect(commands.count()).toBe(commands.adds())
    commands.forget()
    tell(await settleAll(jobs.map(({ id }) => String(id))))
    for (const { status } of await Promise.all(answers)) expect(status).toBe(201)
    expect(commands.count()).toBe(0)
  })

  test('that wait with a GET cost one look each, and nothing from then on', async () => {
    await subscribed()
    const jobIds = await buyMany(count)
    const commands = watchCommands()
    const answers = jobIds.map((jobId) => api.call(`/purchases/${jobId}`, { headers: waiting }))
    await eventually(async () => commands.read() >= count)
    tell(await settleAll(jobIds))
    for (const { body } of await Promise.all(answers)) expect(body.status).toBe('confirmed')
    expect(commands.read()).toBe(count)
  })

  test('that follow streams cost one look each, and from then on two calls a second for all of them', async () => {
    await subscribed()
    const jobIds = await buyMany(count)
    const commands = watchCommands()
    const streams = await Promise.all(
      jobIds.map((jobId) => readEvents(`http://127.0.0.1:${api.port}/purchases/${jobId}/events`)),
    )
    for (const stream of streams) expect((await stream.next())?.id).toBe('queued')
    commands.forget()
    const sinceMs = performance.now()
    // What is told only half is looked up: so that there is something to count.
    tell(settledMessage(jobIds[0] ?? ''))
    await eventually(async () => commands.read() >= count)
    tell(await settleAll(jobIds))
    for (const stream of streams) expect((await stream.next())?.id).toBe('confirmed')
    const elapsedS = (performance.now() - sinceMs) / 1_000
    expect(commands.count()).toBeLessThanOrEqual(2 * elapsedS * Math.ceil(count / 128) + 3)
  })
})

describe('news that come early, or not at all:', () => {
  test('the outcome that was told before the adding was answered is not missed', async () => {
    await subscribed()
    const send = redis.sendCommand.bind(redis)
    vi.spyOn(redis, 'sendCommand').mockImplementationOnce(async (command, stream) => {
      const reply = await send(command, stream)
      const [job] = await other.queue.getWaiting(0, 1)
      const jobId = String(job?.id)
      const heard = heardOf(jobId)
      tell(await settleAll([jobId]))
      await heard
      return reply
    })
    expect((await post(0, waiting)).status).toBe(201)
  })

  /** The next look of the api at Postgres, its last step, is answered only when the outcome was told and heard. */
  const tellDuringLook = (jobId: string): void => {
    const run = api.database.run.bind(api.database)
    vi.spyOn(api.database, 'run').mockImplementationOnce(async (what, call) => {
      const rows = await run(what, call)
      const heard = heardOf(jobId)
      tell(await settleAll([jobId]))
      await heard
      return rows
    })
  }

  test('the outcome that was told between the look and the wait of a GET is not missed', async () => {
    await subscribed()
    const [jobId = ''] = await buyMany(1)
    tellDuringLook(jobId)
    expect((await api.call(`/purchases/${jobId}`, { headers: waiting })).body.status).toBe('confirmed')
  })

  test('nor the one before a stream begins: it is sent with the first events', async () => {
    await subscribed()
    const [jobId = ''] = await buyMany(1)
    tellDuringLook(jobId)
    const commands = watchCommands()
    const stream = await readEvents(`http://127.0.0.1:${api.port}/purchases/${jobId}/events`)
    expect((await stream.next())?.id).toBe('queued')
    expect((await stream.next())?.id).toBe('confirmed')
    expect(commands.read()).toBe(1)
  })

  test('what was told while the subscriber was cut off is made good when it is back', async () => {
    await subscribed()
    const [jobId = ''] = await buyMany(1)
    const answer = api.call(`/purchases/${jobId}`, { headers: waiting })
    const posted = await postWaiting(1)
    const message = await settleAll([jobId, posted.jobId])
    const list = String(await other.redis.call('CLIENT', 'LIST', 'TYPE', 'pubsub'))
    const ids = [...list.matchAll(/id=(\d+) .* name=(\S+) /g)].flatMap(([, id = '', name]) =>
      name === `${stores.keyPrefix}subscriber` ? [id] : [],
    )
    expect(ids.length).toBeGreaterThan(0)
    const cut = other.redis.multi()
    for (const id of ids) cut.client('KILL', 'ID', id)
    const replies = await cut.publish(channel, message).exec()
    // Nobody has heard it.
    expect(replies?.at(-1)).toEqual([null, 0])
    expect((await answer).body.status).toBe('confirmed')
    expect((await posted.answer).status).toBe(201)
  })

  test('one that was never sent is noticed by the next message of the same worker', async () => {
    await subscribed()
    const { answer, jobId } = await postWaiting(1)
    const [before = ''] = await buyMany(1)
    const heard = heardOf(before)
    tell(settledMessage(before))
    await heard
    vi.spyOn(other.redis, 'publish').mockRejectedValueOnce(new Error('redis is away'))
    tell(await settleAll([jobId]))
    tell('{}')
    expect((await answer).status).toBe(201)
  })

  test('nobody is kept longer than asked, and the last look tells', async () => {
    await subscribed()
    const [jobId = ''] = await buyMany(1)
    const commands = watchCommands()
    const answer = api.call(`/purchases/${jobId}`, { headers: { prefer: 'wait=1' } })
    await eventually(async () => commands.read() === 1)
    await settleAll([jobId])
    expect((await answer).body.status).toBe('confirmed')
    expect(commands.read()).toBe(2)
  })
})
