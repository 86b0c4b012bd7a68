import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { adminEntryOf } from '@flash-sale/shared/admin-entry.ts'
import { migrate } from '@flash-sale/shared/migrate.ts'
import { bareEnvironment } from '../config.ts'
import { type ControlledRedis, openPostgres, openRedis } from './chaos-stores.ts'
import { type ControlledService, controlService } from './controlled-service.ts'
import type { ControlledStore } from './controlled-store.ts'
import { type Inspection, openInspection } from './inspection.ts'
import { openLink } from './link.ts'
import { openShopClient, type ShopClient } from './shop-client.ts'
import { stablePort } from './stable-port.ts'
import { until } from './until.ts'

/** An engine of real processes, each part of which can be broken and mended. */
export interface Stack {
  readonly postgres: ControlledStore
  readonly redis: ControlledRedis
  readonly api: ControlledService
  readonly workers: readonly ControlledService[]
  /** api and workers. */
  readonly services: readonly ControlledService[]
  /** Over HTTP, as buyers and admins. */
  readonly shop: ShopClient
  /** Straight into the stores, past all links. */
  readonly inspect: Inspection
  /** Logs and data. */
  readonly directory: string
  /** Mends whatever is broken; resolves when the api reaches its stores and every worker has started. */
  heal(): Promise<void>
  close(): Promise<void>
}

export interface StackOptions {
  /** Made when missing; everything is kept in it. */
  directory: string
  workers: number
  /** More variables for the api and the workers. */
  env?: Readonly<Record<string, string>>
}

const adminToken = 'only-for-chaos-in-the-engine'
const readyMsMax = 60_000

/** How the engine is set up under chaos; where it is not the default, so that a round is short. */
const environment = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'info',
  DEMO_STRATEGIES: 'true',
  ADMIN_TOKENS: adminEntryOf('chaos', 'operator', adminToken),
  RECONCILE_EVERY_MS: '2000',
}

const through = (storeUrl: string, port: number): string => {
  const url = new URL(storeUrl)
  url.port = String(port)
  return url.href
}

/** Boots stores, api and workers. @throws when one of them does not come up; nothing is left running then. */
export const bootStack = async (options: StackOptions): Promise<Stack> => {
  const { directory } = options
  await mkdir(directory, { recursive: true })
  // The stores run as another user when root starts them, and have to get through.
  await chmod(directory, 0o711)
  const closers: (() => Promise<void>)[] = []
  const killers: (() => void)[] = []
  // A stopped process would outlive us: it notices nothing.
  const killAll = (): void => {
    for (const kill of killers) kill()
  }
  process.once('exit', killAll)
  const close = async (): Promise<void> => {
    process.off('exit', killAll)
    for (const closer of closers.splice(0).reverse()) await closer()
  }

  const startService = async (name: string, entry: string, own: Record<string, string>) => {
    const [toPostgres, toRedis] = await Promise.all([stablePort(), stablePort()])
    const links = {
      postgres: await openLink(toPostgres, postgres.port),
      redis: await openLink(toRedis, redis.port),
    }
    const service = await controlService({
      name,
      entry,
      links,
      environment: {
        ...bareEnvironment(),
        ...environment,
        ...options.env,
        ...own,
        DATABASE_URL: through(postgres.url, toPostgres),
        REDIS_URL: through(redis.url, toRedis),
      },
      workingDirectory: directory,
      logFile: join(directory, `${name}.log`),
    })
    closers.push(() => service.close())
    killers.push(() => void service.kill())
    return service
  }

  let postgres: ControlledStore
  let redis: ControlledRedis
  try {
    ;[postgres, redis] = await Promise.all([
      openPostgres(join(directory, 'postgres')),
      openRedis(join(directory, 'redis')),
    ])
    closers.push(async () => void (await Promise.all([postgres.stop(), redis.stop()])))
    killers.push(
      () => void postgres.kill(),
      () => void redis.kill(),
    )
    await migrate(postgres.url)

    const port = await stablePort()
    const names = Array.from({ length: options.workers }, (_, index) => `worker-${index + 1}`)
    const [api, ...workers] = await Promise.all([
      startService('api', 'api/src/main.ts', { PORT: String(port), DATABASE_POOL_MAX: '4' }),
      ...names.map((name) => startService(name, 'worker/src/main.ts', { WORKER_NAME: name })),
    ])
    if (!api) throw new Error('there is no api')
    const services = [api, ...workers]
    const shop = openShopClient(`http://127.0.0.1:${port}`, adminToken)
    closers.push(() => shop.close())
    const inspect = openInspection(postgres.url, redis.url)
    closers.push(() => inspect.close())

    const heal = async (): Promise<void> => {
      await Promise.all([postgres.heal(), redis.heal()])
      await Promise.all(services.map((service) => service.heal()))
      await until('the api reaches its stores', readyMsMax, () => shop.isReady())
    }
    await heal()
    return { postgres, redis, api, workers, services, shop, inspect, directory, heal, close }
  } catch (error) {
    await close()
    throw error
  }
}
