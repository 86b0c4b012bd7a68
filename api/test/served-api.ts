/** A whole api on a port of its own, against the stores of a test file. */
import { Writable } from 'node:stream'
import type { IsolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { adminEntryOf } from '@flash-sale/shared/admin-entry.ts'
import { openLockWatch } from '@flash-sale/shared/lock-watch.ts'
import { openDatabase } from '@flash-sale/shared/postgres.ts'
import { openProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import { openQueue, queueNames, reconcilerQueueName } from '@flash-sale/shared/queue.ts'
import { closeRedis, openCommandRedis, openSubscriberRedis, type Redis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { pino } from 'pino'
import { apiConfigFrom } from '../src/api-config.ts'
import { createApp } from '../src/app.ts'
import { openAuth } from '../src/auth/protect.ts'
import { webSettingsOf } from '../src/auth/web-config.ts'
import { type ListenOptions, listen } from '../src/listen.ts'
import { createApiMetrics } from '../src/metrics/api-metrics.ts'
import { openOutcomeFeed } from '../src/outcome-feed.ts'
import type { WaitLimits } from '../src/purchases-route.ts'
import type { QueueLoad } from '../src/queue-load.ts'
import type { RefusalRules } from '../src/refuse-purchase.ts'
import type { AnswerBody } from './answer-body.ts'

/** An operator and a viewer, by name. */
export const tokens = { admin: 'correct-horse-battery-staple', watcher: 'look-but-do-not-touch' }

export const adminTokens = [
  adminEntryOf('admin', 'operator', tokens.admin),
  adminEntryOf('watcher', 'viewer', tokens.watcher),
].join(',')

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

export const adminHeaders = bearer(tokens.admin)
export const viewerHeaders = bearer(tokens.watcher)
export const wrongAdminHeaders = { authorization: basic('admin', 'wrong') }

export interface Answer {
  status: number
  headers: Headers
  /** Undefined where there is no JSON. */
  body: AnswerBody
  text: string
}

export interface CallOptions {
  method?: string
  headers?: Record<string, string>
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is. */
  raw?: string | Uint8Array<ArrayBuffer>
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const callAt =
  (origin: string) =>
  async (path: string, options: CallOptions = {}): Promise<Answer> => {
    const body = options.json === undefined ? options.raw : JSON.stringify(options.json)
    const response = await fetch(origin + path, {
      method: options.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
      ...(body === undefined ? {} : { body }),
      redirect: 'manual',
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: parsed(text) as AnswerBody, text }
  }

export interface ServeOptions {
  demoStrategies?: boolean
  /** Default: off, so that tests of other things may buy what is sold out. */
  soldOutFastPath?: boolean
  backpressure?: RefusalRules['backpressure']
  /** Default: none is known, and no tickets are given. */
  load?: Pick<QueueLoad, 'takeTicket' | 'placeOf' | 'drainPerS'>
  waitLimits?: WaitLimits
  /** Default: true. Off, no news about outcomes are heard. */
  outcomeNews?: boolean
  /** Variables of the api that say who may do what. */
  env?: Readonly<Record<string, string>>
  connectionsMax?: number
  patience?: ListenOptions['patience']
  /** Default: a connection of its own. */
  redis?: Redis
}

/** Serves the api; close it in `afterAll`. */
export const serveApi = async (
  stores: Pick<IsolatedStores, 'databaseUrl' | 'redisUrl' | 'keyPrefix'>,
  options: ServeOptions = {},
) => {
  const logLines: string[] = []
  const logger = pino(
    { level: 'trace' },
    new Writable({
      write: (chunk, _encoding, done) => {
        logLines.push(String(chunk))
        done()
      },
    }),
  )
  const redisSettings = { url: stores.redisUrl, keyPrefix: stores.keyPrefix, logger }
  const redis = options.redis ?? openCommandRedis(redisSettings, 'api')
  const subscriber = openSubscriberRedis(redisSettings)
  const keys = redisKeys(stores.keyPrefix)
  const { bullPrefix, outcomeChannel, limitPrefix, reports } = keys
  const queues = new Map(queueNames.map((name) => [name, openQueue(name, redis, bullPrefix)]))
  const reconcilerQueue = openQueue(reconcilerQueueName, redis, bullPrefix)
  const [queue] = queues.values()
  if (!queue) throw new Error('there is no queue')
  const open = (deadlineMs: number) =>
    openDatabase({ url: stores.databaseUrl, name: 'api test', connectionsMax: 4, deadlineMs })
  const database = open(1_500)
  const adminDatabase = open(6_000)
  const catalog = openProductCatalog(database, { refreshMs: 1_000, logger })
  const rules = {
    demoStrategies: options.demoStrategies ?? true,
    soldOutFastPath: options.soldOutFastPath ?? false,
    backpressure: options.backpressure ?? { refusal: () => undefined },
  }
  const channel = (options.outcomeNews ?? true) ? outcomeChannel : `${stores.keyPrefix}nothing`
  const outcomes = openOutcomeFeed({ subscriber, channel })
  const load = options.load ?? {
    takeTicket: () => undefined,
    placeOf: () => undefined,
    drainPerS: () => 0,
  }
  const config = apiConfigFrom({ ADMIN_TOKENS: adminTokens, ...options.env })
  const web = webSettingsOf(config)
  const app = createApp({
    logger,
    redis,
    queues,
    reconcilerQueue,
    environment: config.NODE_ENV,
    database,
    adminDatabase,
    catalog,
    auth: openAuth(config, web),
    web,
    limitPrefix,
    rules,
    metrics: createApiMetrics({ buyers: database, admins: adminDatabase }),
    reportKeys: reports,
    lockWatch: openLockWatch(redis, keys),
    load,
    outcomes,
    ...(options.waitLimits ? { waitLimits: options.waitLimits } : {}),
  })
  const connectionsMax = options.connectionsMax ?? 100
  const server = await listen(app, {
    host: '127.0.0.1',
    port: 0,
    connectionsMax,
    connectionsPerAddressMax: web.shares.connections,
    logger,
    ...(options.patience ? { patience: options.patience } : {}),
  })
  const call = callAt(`http://127.0.0.1:${server.port}`)

  /** Makes a product as an admin does, and gives its id. */
  const createProduct = async (fields: Record<string, unknown> = {}): Promise<number> => {
    const json = { name: 'iPhone 15', stock: 100, ...fields }
    const answer = await call('/admin/products', { json, headers: adminHeaders })
    if (answer.status !== 201) throw new Error(`no product: ${answer.text}`)
    return answer.body.id
  }

  /** Jobs in the queue, in whatever state. */
  const queued = async (): Promise<number> => {
    const counts = await queue.getJobCounts()
    return Object.values(counts).reduce((sum, count) => sum + count, 0)
  }

  const close = async (): Promise<void> => {
    outcomes.close()
    await server.close(1_000)
    await Promise.all([queue, reconcilerQueue].map((open) => open.close()))
    await Promise.all([redis, subscriber].map(closeRedis))
    catalog.close()
    await Promise.all([database.close(1_000), adminDatabase.close(1_000)])
  }

  return {
    app,
    port: server.port,
    call,
    createProduct,
    queued,
    close,
    queue,
    redis,
    database,
    catalog,
    outcomes,
    logLines,
  }
}

export type ServedApi = Awaited<ReturnType<typeof serveApi>>

/** Polls until `look` gives something; for states that no event tells of. @throws after `deadlineMs`. */
export const eventually = async <T>(
  look: () => Promise<T | undefined | false>,
  deadlineMs = 10_000,
): Promise<T> => {
  const deadline = Date.now() + deadlineMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    if (Date.now() > deadline) throw new Error(`not seen within ${deadlineMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
