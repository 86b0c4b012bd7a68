import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const secrets = {
  POSTGRES_PASSWORD: 'p',
  REDIS_PASSWORD: 'r',
  AUTH_MODE: 'none',
  ADMIN_TOKENS: 'a',
  SESSION_SECRET: 's',
}

/** `docker-compose` of Debian or the plugin of the Docker client: whichever this machine has. */
const command = [['docker-compose'], ['docker', 'compose']].find(
  ([program, ...first]) => spawnSync(program ?? '', [...first, 'version'], { stdio: 'ignore' }).status === 0,
)

const config = (env: Record<string, string>) => {
  const [program, ...first] = command ?? []
  return spawnSync(program ?? '', [...first, '--file', 'docker-compose.yml', 'config'], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...env },
  })
}

if (!command)
  process.stderr.write('skipped: docker-compose.yml is not checked, this machine has no docker-compose\n')

describe.skipIf(!command)('docker-compose.yml', () => {
  it('is valid and publishes the port of the api only', () => {
    const result = config(secrets)
    expect(result.stderr).toBe('')
    expect(result.status).toBe(0)
    for (const service of ['postgres', 'redis', 'migrate', 'api', 'worker'])
      expect(result.stdout).toMatch(new RegExp(`^  ${service}:$`, 'm'))
    expect(result.stdout.match(/^ {4}ports:$/gm)).toHaveLength(1)
  })

  it.each(Object.keys(secrets))('refuses to start without %s', (missing) => {
    const result = config({ ...secrets, [missing]: '' })
    expect(result.status).not.toBe(0)
    expect(result.stderr).toContain(missing)
  })
})
