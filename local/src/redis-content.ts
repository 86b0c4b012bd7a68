import type { Redis } from 'ioredis'

type Content = Readonly<Record<string, string>> | readonly unknown[] | string | null

const contentOf = async (redis: Redis, key: string): Promise<Content> => {
  switch (await redis.type(key)) {
    case 'hash':
      return redis.hgetall(key)
    case 'list':
      return redis.lrange(key, 0, -1)
    case 'set':
      return (await redis.smembers(key)).sort()
    case 'zset':
      return redis.zrange(key, '0', '-1', 'WITHSCORES')
    case 'stream':
      // Without the ids, which are times.
      return (await redis.xrange(key, '-', '+')).map(([, fields]) => fields)
    default:
      return redis.get(key)
  }
}

/** Everything that is stored under a prefix, by the rest of the key, for tests that compare; the whole of it is read. */
export const contentUnder = async (redis: Redis, prefix: string): Promise<Record<string, Content>> => {
  const keys = (await redis.keys(`${prefix}*`)).sort()
  return Object.fromEntries(
    await Promise.all(keys.map(async (key) => [key.slice(prefix.length), await contentOf(redis, key)])),
  )
}
