import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'

/** The top of the checkout: where `.env` and `.data` lie and where an engine is started from. */
export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url))

/** What the environment says to the load test. */
export interface Config {
  /** A token as an operator has it, not an entry of the engine's `ADMIN_TOKENS`. */
  adminToken: string | undefined
  /** Where `npm start` keeps its data, `admin.json` included; absolute. */
  dataDir: string
  /** False when NO_COLOR is set (https://no-color.org). */
  colorAllowed: boolean
  /** The environment as it is, for an engine that the load test starts itself. */
  environment: Readonly<Record<string, string | undefined>>
}

const readDotEnv = (path: string): Record<string, string | undefined> => {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch {
    // Having no .env is the usual case; one that cannot be read is for the engine to complain about.
    return {}
  }
}

const unlessEmpty = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

/** Reads the environment, then the `.env` of the repository for what the environment leaves open. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  dotEnvPath: string = join(repositoryRoot, '.env'),
): Config {
  const merged = { ...readDotEnv(dotEnvPath), ...environment }
  const dataDir = unlessEmpty(merged.DATA_DIR) ?? '.data'
  return Object.freeze({
    adminToken: unlessEmpty(merged.ADMIN_TOKEN),
    dataDir: isAbsolute(dataDir) ? dataDir : join(repositoryRoot, dataDir),
    colorAllowed: unlessEmpty(environment.NO_COLOR) === undefined,
    environment,
  })
}
