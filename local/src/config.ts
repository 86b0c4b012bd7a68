import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { flag, port, readConfig, storeUrl, text, wholeNumber } from '@flash-sale/shared/config/readers.ts'
import { z } from 'zod'

/** The project's directory. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

/** What is fetched once and may be thrown away at any time. */
export const cacheDirectory = join(projectRoot, 'node_modules/.cache/flash-sale')

/** For Node's `--import`: lets it run TypeScript, from whatever working directory. */
export const typescriptLoader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

const schema = z.object({
  PORT: port(3_000),
  DATABASE_URL: storeUrl(['postgres:', 'postgresql:']).optional(),
  REDIS_URL: storeUrl(['redis:', 'rediss:']).optional(),
  DATA_DIR: text({ max: 4_096, fallback: '.data' }).transform((directory) => resolve(projectRoot, directory)),
  WORKERS: wholeNumber({ min: 1, max: 64, unit: 'processes', fallback: 2 }),
  DEMO_STRATEGIES: flag(true),
})

export type StartConfig = Readonly<z.output<typeof schema>>

const withoutEmpty = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim() !== ''))

/** Configuration of `npm start`; paths are absolute. @throws {ConfigError} */
export const startConfig = (environment: NodeJS.ProcessEnv = process.env): StartConfig =>
  readConfig(schema, withoutEmpty(environment))

/** The whole environment, to be passed on to children. */
export const givenEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env })

const basics = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL'] as const

/** The part of the environment that says nothing about the engine: for children in tests. */
export const bareEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    basics.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )

/** Where programs are looked for. */
export const searchPath = (): string => process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'

/** The Chromium that browser tests are to use; undefined: the one on the PATH. */
export const chromiumPath = (): string | undefined => process.env.CHROMIUM_PATH?.trim() || undefined

/** Whether browser tests may install Chromium on this machine: as root, unless CHROMIUM_INSTALL says no. */
export const mayInstallChromium = (): boolean =>
  process.getuid?.() === 0 && !/^(false|0|no|off)$/i.test(process.env.CHROMIUM_INSTALL ?? '')

/** Whether npm runs this process as one of its scripts. */
export const isRunByNpm = (): boolean => process.env.npm_lifecycle_event !== undefined
