import { migrate } from '@flash-sale/shared/migrate.ts'
import { adminCredentials } from './admin-credentials.ts'
import { banner } from './banner.ts'
import { givenEnvironment, isRunByNpm, projectRoot, type StartConfig } from './config.ts'
import { emptyStores, lockDataDirectory, removeEngineFacts, writeEngineFacts } from './data-directory.ts'
import { type Engine, startEngine } from './engine.ts'
import { freePort, isPortTaken } from './free-port.ts'
import { seed } from './seed.ts'
import { StartError } from './start-error.ts'
import { stopRequests } from './stop-request.ts'
import { startStores } from './stores.ts'

export interface SuperviseOptions {
  config: StartConfig
  /** Start from empty stores. */
  fresh: boolean
  /** Start the api and the workers again when their code changes. */
  watch: boolean
  /** Takes a line for a person. */
  say: (line: string) => void
}

/** What has been opened, to be closed in reverse order. */
type Closers = { close: () => Promise<void>; kill?: () => void }[]

const prepareSchema = async (databaseUrl: string): Promise<void> => {
  try {
    await migrate(databaseUrl)
    await seed(databaseUrl)
  } catch (error) {
    throw new StartError(
      `The database could not be brought to the newest schema: ${(error as Error).message}`,
    )
  }
}

/** What runs once the engine is ready. */
interface Running {
  /** Resolves when a part of it is gone, with which and how. */
  died: Promise<string>
}

/** Everything up to the banner. */
const boot = async ({ config, fresh, watch, say }: SuperviseOptions, closers: Closers): Promise<Running> => {
  const startedAt = performance.now()
  const port = config.PORT === 0 ? await freePort() : config.PORT
  const data = await lockDataDirectory(config.DATA_DIR, `process ${process.pid}, http://localhost:${port}`)
  closers.push({ close: () => data.unlock() })
  if (await isPortTaken(port)) {
    throw new StartError(
      `Port ${port} is taken by another program. Stop that one, or set PORT to another port.`,
    )
  }
  if (fresh) await emptyStores(data)
  const admin = await adminCredentials(data.path)

  say('Starting the stores…')
  const stores = await startStores({
    databaseUrl: config.DATABASE_URL,
    redisUrl: config.REDIS_URL,
    dataDirectory: data.path,
    onProgress: say,
  })
  closers.push({ close: () => stores.stop() })
  await prepareSchema(stores.databaseUrl)

  say(`Starting the api and ${config.WORKERS} workers…`)
  const abandon = new AbortController()
  const starting = startEngine({
    databaseUrl: stores.databaseUrl,
    redisUrl: stores.redisUrl,
    port,
    workers: config.WORKERS,
    admin,
    env: { DATA_DIR: data.path, DEMO_STRATEGIES: String(config.DEMO_STRATEGIES) },
    baseEnvironment: givenEnvironment(),
    workingDirectory: projectRoot,
    log: 'inherit',
    watch,
    signal: abandon.signal,
  })
  let engine: Engine | undefined
  closers.push({
    close: async () => {
      abandon.abort()
      await starting.then(
        (ready) => ready.stop(),
        () => undefined,
      )
    },
    kill: () => engine?.kill(),
  })
  engine = await starting

  await writeEngineFacts(data, {
    pid: process.pid,
    url: engine.url,
    databaseUrl: stores.databaseUrl,
    redisUrl: stores.redisUrl,
  })
  closers.push({ close: () => removeEngineFacts(data) })
  say(
    banner({
      url: engine.url,
      admin,
      workers: config.WORKERS,
      dataDirectory: data.path,
      embedded: stores.embedded,
      readyAfterMs: performance.now() - startedAt,
    }),
  )
  process.send?.({ type: 'ready', url: engine.url, admin })
  return { died: Promise.race([engine.died, stores.died]) }
}

const closeAll = async (closers: Closers): Promise<void> => {
  for (const { close } of closers.toReversed()) await close()
}

/**
 * Runs the engine until it is told to stop or one of its parts dies, then stops everything: the api and the workers
 * first, the stores last. What is still starting at that moment ends with this process, which the caller has to end.
 * @returns the exit code: 0 when it was told to stop, 1 when it could not start or go on.
 */
export const supervise = async (options: SuperviseOptions): Promise<number> => {
  const { say } = options
  const closers: Closers = []
  const requests = stopRequests({ followParent: isRunByNpm() })
  const asked = requests.first.then((who) => ({ exitCode: 0, line: `Stopping (${who})…` }))
  const failure = (error: unknown) => {
    const reason = error instanceof Error ? error.message || error.name : String(error)
    return { exitCode: 1, line: `The engine could not start. ${reason}` }
  }
  const broken = boot(options, closers)
    .then(({ died }) => died)
    .then((how) => ({ exitCode: 1, line: `${how}, which nobody asked for. Stopping everything.` }), failure)
  const end = await Promise.race([asked, broken])
  say(end.line)
  const impatient = requests.again.then(() => {
    say('Ending everything at once.')
    for (const { kill } of closers) kill?.()
    return 1
  })
  return Promise.race([closeAll(closers).then(() => end.exitCode), impatient])
}
