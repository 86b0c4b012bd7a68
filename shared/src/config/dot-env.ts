import { existsSync } from 'node:fs'
import { loadEnvFile } from 'node:process'

/**
 * Reads `.env` of the working directory where there is one. What the environment has already wins.
 * @throws when the file is there but cannot be read.
 */
export const loadDotEnv = (): void => {
  if (existsSync('.env')) loadEnvFile('.env')
}
