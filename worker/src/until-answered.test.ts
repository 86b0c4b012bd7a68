import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { untilAnswered } from './until-answered.ts'

const { redisUrl, keyPrefix } = isolatedStores()

test('comes after all that was asked before and in the same turn', async () => {
  const redis = new Redis(redisUrl)
  let answered = 0
  const ask = () =>
    void redis.incr(`${keyPrefix}n`).then(() => {
      answered += 1
    })
  for (let n = 0; n < 200; n++) ask()
  const all = untilAnswered(redis)
  // As a processor's return leads to the end of its job: some promises later.
  void Promise.resolve()
    .then(() => undefined)
    .then(ask)
  await all
  expect(answered).toBe(201)
  redis.disconnect()
})

test('does not wait for a Redis that is away', async () => {
  const redis = new Redis(redisUrl, { enableOfflineQueue: false, lazyConnect: true })
  await expect(untilAnswered(redis)).resolves.toBeUndefined()
  redis.disconnect()
})
