import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { createLogger } from '@flash-sale/shared/logger.ts'
import { closeRedis, openCommandRedis, openSubscriberRedis, type Redis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Lease } from './lease.ts'
import { lockScripts } from './lock-scripts.ts'
import type { PlaceInLine } from './place-in-line.ts'
import { createProductLock, type LockWaiter, type ProductLock } from './product-lock.ts'
import { openWakeCalls } from './wake-calls.ts'

const stores = isolatedStores()
const logger = createLogger('test', 'silent')
const keys = redisKeys(stores.keyPrefix)
const settings = { url: stores.redisUrl, keyPrefix: stores.keyPrefix, logger }
const clients: Redis[] = []
let redis: Redis
let products = 0

const ready = (client: Redis): Promise<Redis> =>
  new Promise((resolve) => {
    clients.push(client)
    client.once('ready', () => resolve(client))
  })

beforeAll(async () => {
  redis = await ready(openCommandRedis(settings, 'test'))
})
afterAll(() => Promise.all(clients.map(closeRedis)))

const nextProduct = (): number => {
  products += 1
  return products
}

const createWorkerLock = async (
  workerId: string,
  leaseMs = 2_000,
  waitMsMax = 10_000,
): Promise<ProductLock> => {
  const commands = await ready(openCommandRedis(settings, workerId))
  const subscriber = await ready(openSubscriberRedis(settings))
  const wakeCalls = openWakeCalls(subscriber, keys.wakeChannel(workerId))
  return createProductLock({
    scripts: lockScripts(commands),
    wakeCalls,
    keys,
    workerId,
    leaseMs,
    waitMsMax,
    logger,
  })
}

const waiterOf = (
  signal = new AbortController().signal,
  onPlace = (_: PlaceInLine): void => undefined,
): LockWaiter => ({
  share: () => ({ purchases: 3, left: 4 }),
  onPlace,
  signal,
})

/** Resolves as soon as this wait stands in line; the lease comes with `lease`. */
const standInLine = async (
  lock: ProductLock,
  productId: number,
): Promise<{ lease: Promise<Lease>; place: PlaceInLine }> => {
  let lease: Promise<Lease> | undefined
  const place = await new Promise<PlaceInLine>((resolve) => {
    lease = lock.acquire(productId, waiterOf(undefined, resolve))
  })
  if (!lease) throw new Error('no wait')
  return { lease, place }
}

describe('the lock of a product', () => {
  it('is granted at once when free, with a growing token', async () => {
    const lock = await createWorkerLock('solo')
    const product = nextProduct()
    const tokens: number[] = []
    for (let i = 0; i < 3; i += 1) {
      const lease = await lock.acquire(product, waiterOf())
      expect(lease.isHeld()).toBe(true)
      tokens.push(lease.token)
      await lease.release()
      expect(lease.isHeld()).toBe(false)
    }
    expect(tokens).toEqual([1, 2, 3])
  })

  it('is held by one at a time and handed over in order of arrival', async () => {
    const product = nextProduct()
    const locks = await Promise.all(['w1', 'w2', 'w3', 'w4'].map((id) => createWorkerLock(id)))
    const holder = await locks[0]?.acquire(product, waiterOf())
    const order: string[] = []
    const served: Promise<void>[] = []
    for (const [index, lock] of locks.slice(1).entries()) {
      const { lease, place } = await standInLine(lock, product)
      expect(place).toEqual({ before: Array(index + 1).fill({ purchases: 3, left: 4 }), after: [] })
      served.push(
        lease.then(async (granted) => {
          order.push(`w${index + 2}`)
          await granted.release()
        }),
      )
    }
    expect(order).toEqual([])
    await holder?.release()
    await Promise.all(served)
    expect(order).toEqual(['w2', 'w3', 'w4'])
  })

  it('serves five contenders in turn, without overlap', async () => {
    const product = nextProduct()
    const rounds = 40
    const locks = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => createWorkerLock(`fair-${id}`)))
    let holders = 0
    const grants: number[] = []
    await Promise.all(
      locks.map(async (lock, index) => {
        for (let round = 0; round < rounds; round += 1) {
          const lease = await lock.acquire(product, waiterOf())
          holders += 1
          expect(holders).toBe(1)
          grants.push(index)
          holders -= 1
          await lease.release()
        }
      }),
    )
    // Round-robin: once all stand in line, no one is served again before the four others.
    const settled = grants.slice(10, rounds * 5 - 10)
    for (let i = 5; i < settled.length; i += 1) expect(new Set(settled.slice(i - 4, i + 1)).size).toBe(5)
  })

  it('goes to the next waiter when its holder is gone, also with a dead waiter at the head', async () => {
    const product = nextProduct()
    const scripts = lockScripts(redis)
    const request = { leaseMs: 1_000, tokenFloor: 0, silentMsMax: 1_500, purchases: 1, left: 0 }
    // Two that never come back: a holder without renewal and a waiter without heartbeat.
    expect(await scripts.acquire(keys.lock(product), { ...request, waiter: 'dead:1' })).toMatchObject({
      token: 1,
    })
    expect(await scripts.acquire(keys.lock(product), { ...request, waiter: 'dead:2' })).toMatchObject({
      place: { before: [{ purchases: 1, left: 0 }], after: [] },
    })
    const lock = await createWorkerLock('heir')
    const { lease, place } = await standInLine(lock, product)
    expect(place.before.length).toBe(2)
    const granted = await lease
    expect(granted.token).toBe(2)
    await granted.release()
  })

  it('is freed and renewed by its owner only', async () => {
    const product = nextProduct()
    const scripts = lockScripts(redis)
    const lock = await createWorkerLock('owner')
    const lease = await lock.acquire(product, waiterOf())
    const lockKeys = keys.lock(product)
    const owner = await redis.hget(lockKeys.lock, 'owner')
    expect(await scripts.release(lockKeys, 'thief:1', keys.wakeChannel(''))).toBe(false)
    expect(await scripts.renew(lockKeys, 'thief:1', 2_000)).toBe(false)
    expect(await redis.hget(lockKeys.lock, 'owner')).toBe(owner)
    await lease.release()
    expect(await redis.exists(lockKeys.lock)).toBe(0)
  })

  it('gives a lease again when the answer was lost, with the same token', async () => {
    const lockKeys = keys.lock(nextProduct())
    const scripts = lockScripts(redis)
    const request = {
      waiter: 'w:1',
      leaseMs: 1_000,
      tokenFloor: 0,
      silentMsMax: 1_500,
      purchases: 1,
      left: 0,
    }
    const first = await scripts.acquire(lockKeys, request)
    expect(await scripts.acquire(lockKeys, request)).toEqual(first)
    await scripts.release(lockKeys, 'w:1', keys.wakeChannel(''))
  })

  it('gives tokens above the floor after Redis has lost its data', async () => {
    const product = nextProduct()
    const lock = await createWorkerLock('healer')
    lock.raiseFloor(product, 41)
    const lease = await lock.acquire(product, waiterOf())
    expect(lease.token).toBe(42)
    await lease.release()
    await redis.del(keys.lock(product).counters)
    const next = await lock.acquire(product, waiterOf())
    expect(next.token).toBe(43)
    await next.release()
  })

  it('is renewed for as long as it is held', async () => {
    const product = nextProduct()
    const lock = await createWorkerLock('renewer', 1_000)
    const rival = await createWorkerLock('rival', 1_000)
    const lease = await lock.acquire(product, waiterOf())
    const { lease: next } = await standInLine(rival, product)
    let taken = false
    void next.then(() => {
      taken = true
    })
    const until = performance.now() + 1_600
    // The lease would have ended by now if nobody renewed it.
    while (performance.now() < until) await redis.ping()
    expect(taken).toBe(false)
    expect(lease.isHeld()).toBe(true)
    await lease.release()
    await (await next).release()
  })

  it('tells its holder when the lease is lost', async () => {
    const product = nextProduct()
    const lock = await createWorkerLock('loser', 1_000)
    const lease = await lock.acquire(product, waiterOf())
    await redis.del(keys.lock(product).lock)
    await expect.poll(() => lease.isHeld(), { timeout: 5_000 }).toBe(false)
    expect(lock.counters.leasesLost).toBe(1)
  })

  it('counts a lease that ended while its holder stood still, and was given back before anybody looked', async () => {
    const product = nextProduct()
    const lock = await createWorkerLock('sleeper', 300)
    const lease = await lock.acquire(product, waiterOf())
    // No timer runs meanwhile, as in a process that is stopped.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400)
    expect(lease.isHeld()).toBe(false)
    await lease.release()
    expect(lock.counters.leasesLost).toBe(1)
    const next = await lock.acquire(product, waiterOf())
    await next.release()
    expect(lock.counters.leasesLost).toBe(1)
  })

  it('lets a waiter give up its place', async () => {
    const product = nextProduct()
    const [holder, quitter, last] = await Promise.all(
      ['h', 'q', 'l'].map((id) => createWorkerLock(`quit-${id}`)),
    )
    if (!holder || !quitter || !last) throw new Error('three locks')
    const lease = await holder.acquire(product, waiterOf())
    const quitting = new AbortController()
    const stood = new Promise<void>((resolve) => {
      quitter
        .acquire(
          product,
          waiterOf(quitting.signal, () => resolve()),
        )
        .catch(() => undefined)
    })
    await stood
    const { lease: next, place } = await standInLine(last, product)
    expect(place.before.length).toBe(2)
    quitting.abort(new Error('no more'))
    await expect.poll(() => redis.zcard(keys.lock(product).line)).toBe(1)
    await lease.release()
    await (await next).release()
  })

  it('counts a long wait and keeps its place', async () => {
    const product = nextProduct()
    const holder = await createWorkerLock('slow-holder')
    const waiter = await createWorkerLock('patient', 2_000, 100)
    const lease = await holder.acquire(product, waiterOf())
    const { lease: next } = await standInLine(waiter, product)
    await expect.poll(() => waiter.counters.longWaits, { timeout: 5_000 }).toBe(1)
    await lease.release()
    await (await next).release()
  })
})
