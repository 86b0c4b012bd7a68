/**
 * Redis connections, one function a role: what is right for a producer loses jobs in a worker and the reverse
 * (see each). All are closed by whoever opened them.
 */
import { Redis } from 'ioredis'
import type { Logger } from './logger.ts'
import { writeTogether } from './write-together.ts'

export type { Redis }

export interface RedisSettings {
  url: string
  keyPrefix: string
  logger: Logger
}

interface RoleOptions {
  maxRetriesPerRequest: number | null
  enableOfflineQueue?: boolean
  commandTimeout?: number
}

const retryDelayMsMax = 1_000

const connect = (settings: RedisSettings, role: string, options: RoleOptions): Redis => {
  const client = new Redis(settings.url, {
    connectionName: `${settings.keyPrefix}${role}`,
    connectTimeout: 2_000,
    retryStrategy: (attempt) => Math.min(50 * attempt, retryDelayMsMax),
    ...options,
  })
  // One line when it goes and one when it is back; ioredis repeats its error with every attempt.
  let down = false
  client.on('error', (error: Error) => {
    if (!down) settings.logger.warn({ role, reason: error.message || error.name }, 'redis connection lost')
    down = true
  })
  client.on('ready', () => {
    if (down) settings.logger.info({ role }, 'redis connection is back')
    down = false
  })
  return client
}

/** Deadline of a command whose caller waits for it, in milliseconds. */
export const commandDeadlineMs = 1_500

/**
 * For the api's queue and for the product lock: fails at once while Redis is away and after
 * `commandDeadlineMs` while it is frozen. Nothing is kept to be sent later behind the caller's back.
 */
export const openCommandRedis = (settings: RedisSettings, role: string): Redis =>
  writeTogether(
    connect(settings, role, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: commandDeadlineMs,
    }),
  )

/**
 * For BullMQ's Worker: waits for Redis as long as it takes. No command timeout: it would break the blocking
 * fetch and lose the completion of jobs.
 */
export const openWorkerRedis = (settings: RedisSettings): Redis =>
  writeTogether(connect(settings, 'worker', { maxRetriesPerRequest: null }))

/** For subscriptions only; subscribes again by itself after a reconnect. */
export const openSubscriberRedis = (settings: RedisSettings): Redis =>
  connect(settings, 'subscriber', { maxRetriesPerRequest: null })

/** Ends the connection without waiting for answers. */
export const closeRedis = async (client: Redis): Promise<void> => client.disconnect()
