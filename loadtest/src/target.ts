import { setTimeout as wait } from 'node:timers/promises'
import { findAdminToken } from './admin-token.ts'
import type { Config } from './config.ts'
import { CouldNotRun } from './could-not-run.ts'
import type { Options } from './options.ts'
import { startOwnEngine } from './own-engine.ts'
import { type Found, probe } from './probe.ts'

/** The engine under load. */
export interface Target {
  origin: string
  adminToken: string
  /** True when the load test started it for itself. */
  booted: boolean
}

const defaultOrigin = 'http://localhost:3000'
const unreadyPatienceMs = 15_000
const recheckMs = 250
const startHint = 'start the engine with: npm start'

/** An engine that is just starting gets 15 s to become ready. */
async function probePatiently(origin: string, say: (line: string) => void): Promise<Found> {
  const startedAtMs = performance.now()
  let found = await probe(origin)
  if (found.kind === 'unready') say(`Waiting for the engine at ${origin}: ${found.missing}`)
  while (found.kind === 'unready' && performance.now() - startedAtMs < unreadyPatienceMs) {
    await wait(recheckMs)
    found = await probe(origin)
  }
  return found
}

/**
 * Finds the running engine, or starts one where the default address is silent. An address that was given
 * has to answer. Throws CouldNotRun with what was found there instead.
 */
export async function findTarget(
  options: Pick<Options, 'url' | 'adminToken'>,
  config: Config,
  closers: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<Target> {
  const origin = options.url ?? defaultOrigin
  const found = await probePatiently(origin, say)
  switch (found.kind) {
    case 'engine':
      return { origin, adminToken: await findAdminToken(options.adminToken, config), booted: false }
    case 'unready':
      throw new CouldNotRun(`the engine at ${origin} is not ready: ${found.missing}`, 'see its log')
    case 'stranger':
      throw new CouldNotRun(
        `expected the flash sale engine at ${origin}, got something else: ${found.reason}`,
        options.url === undefined ? 'start the engine on another port and give its --url' : startHint,
      )
    case 'nothing': {
      if (options.url !== undefined)
        throw new CouldNotRun(`nothing answers at ${origin} (${found.reason})`, startHint)
      say(`Nothing answers at ${origin}: starting an engine of our own …`)
      const startedAtMs = performance.now()
      const engine = await startOwnEngine(config, closers)
      say(`Ready at ${engine.origin} after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s.`)
      return { ...engine, booted: true }
    }
  }
}
