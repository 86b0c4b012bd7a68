/** With everything logged, real processes tell no secret of their configuration: with stores down, and with wrong passwords. */
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { bareEnvironment } from '@flash-sale/local/config.ts'
import { freePort } from '@flash-sale/local/free-port.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { type Service, startService } from '@flash-sale/local/service.ts'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { adminTokens, eventually, tokens } from './served-api.ts'

const stores = isolatedStores()
const postgresPassword = 'postgres-hunter2-that-nobody-may-read'
const redisPassword = 'redis-hunter2-that-nobody-may-read'
const secrets = {
  JWT_SECRET: 'a-jwt-secret-of-more-than-32-bytes-that-nobody-may-read',
  SESSION_SECRET: 'a-session-secret-of-more-than-32-bytes-that-nobody-may-read',
  ADMIN_TOKENS: adminTokens,
}
const redisUser = `secrets-${randomBytes(4).toString('hex')}`
const admin = new Redis(stores.redisUrl, { lazyConnect: true, connectionName: 'secrets-of-processes' })

beforeAll(async () => {
  await admin.connect()
  await admin.acl('SETUSER', redisUser, 'on', '>the-right-one', '~*', '&*', '+@all')
})
afterAll(async () => {
  await admin.acl('DELUSER', redisUser)
  admin.disconnect()
})

const withPassword = (url: string, user: string, password: string): string => {
  const changed = new URL(url)
  changed.username = user
  changed.password = password
  return changed.href
}

const storesWrong: [what: string, urls: () => Promise<{ DATABASE_URL: string; REDIS_URL: string }>][] = [
  [
    'no stores',
    async () => {
      const nobody = `127.0.0.1:${await freePort()}`
      return {
        DATABASE_URL: `postgres://engine:${postgresPassword}@${nobody}/engine`,
        REDIS_URL: `redis://engine:${redisPassword}@${nobody}`,
      }
    },
  ],
  [
    'stores that refuse its passwords',
    async () => ({
      DATABASE_URL: withPassword(stores.databaseUrl, new URL(stores.databaseUrl).username, postgresPassword),
      REDIS_URL: withPassword(stores.redisUrl, redisUser, redisPassword),
    }),
  ],
]

const entries = { api: 'api/src/main.ts', worker: 'worker/src/main.ts' }

const start = async (name: keyof typeof entries, variables: Record<string, string>): Promise<Service> => {
  const environment = {
    ...bareEnvironment(),
    ...{ NODE_ENV: 'test', LOG_LEVEL: 'trace', KEY_PREFIX: stores.keyPrefix, WORKER_NAME: 'worker-1' },
    ...{ AUTH_MODE: 'jwt', JWT_ALGORITHMS: 'HS256', JWT_ISSUER: 'issuer', JWT_AUDIENCE: 'shop' },
    ...secrets,
    ...variables,
  }
  const service = await startService({
    name,
    entry: entries[name],
    environment,
    workingDirectory: tmpdir(),
    log: 'capture',
    watch: false,
    readyTimeoutMs: 30_000,
  })
  onTestFinished(() => service.stop(12_000))
  return service
}

const isKept = (text: string): void => {
  const words = [postgresPassword, redisPassword, ...Object.values(secrets), ...Object.values(tokens)]
  const encoded = words.map((word) => Buffer.from(word).toString('base64').slice(0, 20))
  const digests = adminTokens.split(',').map((entry) => entry.split(':')[2] ?? '?')
  for (const word of [...words, ...encoded, ...digests]) expect(text.includes(word), word).toBe(false)
}

test.each(storesWrong)('with %s an api and a worker tell none', { timeout: 60_000 }, async (_what, urls) => {
  const [stores, port] = [await urls(), await freePort()]
  const [api, worker] = await Promise.all([
    start('api', { ...stores, PORT: String(port) }),
    start('worker', stores),
  ])
  let answers = ''
  for (const path of ['/readyz', '/products', '/products/1', '/metrics', '/admin/queue', '/admin/locks'])
    for (const token of [tokens.admin, 'wrong', secrets.JWT_SECRET]) {
      const headers = { authorization: `Bearer ${token}` }
      answers += await (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).text()
    }
  // Else nothing was shown: of its connections each process tells that they are lost, the api also what it could not serve.
  const told = (service: Service, times: number) => () =>
    Promise.resolve(service.output().split('redis connection lost').length > times)
  await eventually(told(api, 2))
  await eventually(told(worker, 3))
  await Promise.all([api.stop(12_000), worker.stop(12_000)])
  expect(answers.includes('database-unavailable')).toBe(true)
  expect(api.output().includes('"status":503')).toBe(true)
  expect(worker.output().includes('closed')).toBe(true)
  isKept(api.output() + worker.output() + answers)
})

test.each(['api', 'worker'] as const)(
  'a configuration that is refused is not repeated by the %s',
  async (name) => {
    const started = start(name, {
      NODE_ENV: 'production',
      DATABASE_URL: `mysql://engine:${postgresPassword}@db/engine`,
      REDIS_URL: `redis:/${redisPassword}`,
      JWT_SECRET: 'short-and-nobody-may-read-it',
      SESSION_SECRET: 'short-and-nobody-may-read-it',
      ADMIN_TOKENS: `ops:operator:${tokens.admin}`,
    })
    const said = await started.then(
      () => 'it started',
      (error: Error) => error.message,
    )
    expect(said).toContain('DATABASE_URL: expected a URL')
    expect(said).not.toContain('short-and-nobody-may-read-it')
    isKept(said)
  },
)
