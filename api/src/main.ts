/** `npm run api`: one api process, from the environment. */
import { openLockWatch } from '@flash-sale/shared/lock-watch.ts'
import { createLogger } from '@flash-sale/shared/logger.ts'
import { openDatabase } from '@flash-sale/shared/postgres.ts'
import { openProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import { openQueue, queueNames, reconcilerQueueName } from '@flash-sale/shared/queue.ts'
import { closeRedis, openCommandRedis, openSubscriberRedis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { closeOnSignal, reportReady } from '@flash-sale/shared/shutdown.ts'
import { startOrExplain } from '@flash-sale/shared/start-or-explain.ts'
import { followStock } from '@flash-sale/shared/stock-news.ts'
import { apiConfig } from './api-config.ts'
import { createApp } from './app.ts'
import { openAuth } from './auth/protect.ts'
import { webSettingsOf } from './auth/web-config.ts'
import { openBackpressure } from './backpressure.ts'
import { listen } from './listen.ts'
import { createApiMetrics } from './metrics/api-metrics.ts'
import { openOutcomeFeed } from './outcome-feed.ts'
import { watchQueueLoad } from './queue-load.ts'
import { shareSpeed } from './shared-speed.ts'

/** Under the second for which a stock seen in Postgres counts as fresh. */
const catalogRefreshMs = 800
const databaseDeadlineMs = 1_500
/** Above the `statement_timeout` of 5 s, so that Postgres ends a slow statement before we give up on its pool. */
const adminDatabaseDeadlineMs = 6_000
/** Longer than any request under way may take. */
const drainDeadlineMs = 7_000
const closeDeadlineMs = 10_000

await startOrExplain('api', async () => {
  const config = apiConfig()
  const logger = createLogger('api', config.LOG_LEVEL)

  // Nothing here waits for a store: the api starts without them and serves what it can until they come.
  const redisSettings = { url: config.REDIS_URL, keyPrefix: config.KEY_PREFIX, logger }
  const redis = openCommandRedis(redisSettings, 'api')
  const keys = redisKeys(config.KEY_PREFIX)
  const queues = new Map(queueNames.map((name) => [name, openQueue(name, redis, keys.bullPrefix)]))
  const reconcilerQueue = openQueue(reconcilerQueueName, redis, keys.bullPrefix)
  const database = openDatabase({
    url: config.DATABASE_URL,
    name: 'flash-sale api',
    connectionsMax: config.DATABASE_POOL_MAX,
    deadlineMs: databaseDeadlineMs,
    byKey: true,
  })
  const adminDatabase = openDatabase({
    url: config.DATABASE_URL,
    name: 'flash-sale api admin',
    connectionsMax: 1,
    deadlineMs: adminDatabaseDeadlineMs,
  })
  const catalog = openProductCatalog(database, { refreshMs: catalogRefreshMs, logger })

  const metrics = createApiMetrics({ buyers: database, admins: adminDatabase })
  const subscriber = openSubscriberRedis(redisSettings)
  followStock(subscriber, keys.stockChannel, (news) => {
    catalog.hear(news)
    metrics.stockNewsHeard()
  })
  const outcomes = openOutcomeFeed({ subscriber, channel: keys.outcomeChannel })
  const load = watchQueueLoad([...queues.values()], shareSpeed(redis, keys.queueSpeed))
  const backpressure = openBackpressure({
    load,
    depthMax: config.MAX_QUEUE_DEPTH,
    lagMsMax: config.MAX_EVENT_LOOP_LAG_MS,
  })

  const web = webSettingsOf(config)
  if (config.ADMIN_TOKENS === undefined)
    logger.warn('ADMIN_TOKENS is not set: nobody can reach /admin (npm run admin-token makes one)')
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
    limitPrefix: keys.limitPrefix,
    rules: {
      demoStrategies: config.DEMO_STRATEGIES,
      soldOutFastPath: config.SOLD_OUT_FAST_PATH,
      backpressure,
    },
    load,
    outcomes,
    metrics,
    reportKeys: keys.reports,
    lockWatch: openLockWatch(redis, keys),
  })
  const server = await listen(app, {
    host: config.HOST,
    port: config.PORT,
    connectionsMax: config.MAX_CONNECTIONS,
    connectionsPerAddressMax: web.shares.connections,
    logger,
  })

  closeOnSignal(logger, closeDeadlineMs, [
    // First: the server waits for requests under way, and these wait for outcomes.
    { what: 'waiting clients', close: async () => outcomes.close() },
    { what: 'http server', close: () => server.close(drainDeadlineMs) },
    { what: 'backpressure', close: async () => backpressure.close() },
    { what: 'queue load', close: async () => load.close() },
    {
      what: 'queues',
      close: () => Promise.all([...queues.values(), reconcilerQueue].map((queue) => queue.close())),
    },
    { what: 'redis', close: () => Promise.all([redis, subscriber].map(closeRedis)) },
    { what: 'catalog', close: async () => catalog.close() },
    { what: 'databases', close: () => Promise.all([database.close(1_000), adminDatabase.close(1_000)]) },
  ])
  logger.info({ host: config.HOST, port: server.port }, 'the api serves')
  reportReady()
})
