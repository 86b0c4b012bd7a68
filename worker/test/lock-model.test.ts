/** The lock's scripts against a model in plain TypeScript, for any sequence of calls, crashes and clock jumps. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { createLogger } from '@flash-sale/shared/logger.ts'
import { closeRedis, openWorkerRedis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { type AcquireReply, lockScripts } from '../src/lock/lock-scripts.ts'

const stores = isolatedStores()
const redis = openWorkerRedis({
  url: stores.redisUrl,
  keyPrefix: stores.keyPrefix,
  logger: createLogger('test', 'silent'),
})
afterAll(async () => {
  await redis.unlink(...(await redis.keys(`${stores.keyPrefix}lock:*`)))
  await closeRedis(redis)
})

const scripts = lockScripts(redis)
const keys = redisKeys(stores.keyPrefix)

/** So long that the real time a run takes changes nothing: time passes by jumps only. */
const leaseMs = 100_000
const silentMsMax = 50_000

interface Model {
  holder: string | undefined
  leaseLeftMs: number
  /** Last token given. */
  token: number
  line: string[]
  /** Since the last sign of life. */
  silentMs: Map<string, number>
}

interface Real {
  product: number
  /** Largest token granted so far, whoever got it. */
  lastGranted: number
}

type Step = fc.AsyncCommand<Model, Real>

const step = (name: string, run: (model: Model, real: Real) => Promise<void>): Step => ({
  check: () => true,
  run,
  toString: () => name,
})

const expectedReply = (model: Model, waiter: string, floor: number): AcquireReply['kind'] | 'again' => {
  if (model.holder === waiter) return 'again'
  if (!model.line.includes(waiter)) model.line.push(waiter)
  model.silentMs.set(waiter, 0)
  model.line = model.line.filter((other) => (model.silentMs.get(other) ?? 0) <= silentMsMax)
  if (model.holder !== undefined || model.line[0] !== waiter) return 'waiting'
  model.line.shift()
  model.holder = waiter
  model.leaseLeftMs = leaseMs
  model.token = Math.max(model.token, floor) + 1
  return 'granted'
}

const acquire = (waiter: string, tokenFloor: number): Step =>
  step(`${waiter} asks with floor ${tokenFloor}`, async (model, real) => {
    const expected = expectedReply(model, waiter, tokenFloor)
    const reply = await scripts.acquire(keys.lock(real.product), {
      waiter,
      leaseMs,
      tokenFloor,
      silentMsMax,
      purchases: 2,
      left: 1,
    })
    if (expected === 'waiting') {
      const at = model.line.indexOf(waiter)
      const all = (count: number) => Array(count).fill({ purchases: 2, left: 1 })
      const place = {
        before: all(at + (model.holder === undefined ? 0 : 1)),
        after: all(model.line.length - at - 1),
      }
      expect(reply).toMatchObject({ kind: 'waiting', place })
      return
    }
    if (expected === 'again') model.leaseLeftMs = leaseMs
    expect(reply).toEqual({ kind: 'granted', token: model.token })
    if (expected === 'granted') expect(model.token).toBeGreaterThan(real.lastGranted)
    real.lastGranted = model.token
  })

const renew = (waiter: string): Step =>
  step(`${waiter} renews`, async (model, real) => {
    const held = model.holder === waiter
    expect(await scripts.renew(keys.lock(real.product), waiter, leaseMs)).toBe(held)
    if (held) model.leaseLeftMs = leaseMs
  })

const release = (waiter: string): Step =>
  step(`${waiter} releases`, async (model, real) => {
    const held = model.holder === waiter
    expect(await scripts.release(keys.lock(real.product), waiter, keys.wakeChannel(''))).toBe(held)
    if (held) model.holder = undefined
    model.line = model.line.filter((other) => other !== waiter)
  })

/** What Redis would look like if its clock had jumped; also how time passes for waiters that have crashed. */
const jump = (ms: number): Step =>
  step(`the clock jumps by ${ms} ms`, async (model, real) => {
    const { lock, heartbeats } = keys.lock(real.product)
    for (const waiter of await redis.zrange(heartbeats, '0', '-1'))
      await redis.zincrby(heartbeats, String(-ms), waiter)
    if (model.holder !== undefined) await redis.pexpire(lock, Math.max(0, (await redis.pttl(lock)) - ms))
    for (const [waiter, silent] of model.silentMs) model.silentMs.set(waiter, silent + ms)
    model.leaseLeftMs -= ms
    if (model.leaseLeftMs <= 0) model.holder = undefined
  })

/** Redis has lost its data: whoever held or waited is unknown, and only the floor keeps the tokens growing. */
const wipe = (): Step =>
  step('redis is emptied', async (model, real) => {
    await redis.unlink(...Object.values(keys.lock(real.product)))
    Object.assign(model, { holder: undefined, line: [], token: 0 })
    real.lastGranted = 0
  })

const waiters = fc.constantFrom('a:1', 'b:1', 'c:1', 'd:1')

it('behaves as the model, whatever happens in whatever order', async () => {
  let product = 0
  const anything = [
    fc.tuple(waiters, fc.constantFrom(0, 0, 0, 7, 40)).map(([waiter, floor]) => acquire(waiter, floor)),
    waiters.map((waiter) => acquire(waiter, 0)),
    waiters.map(renew),
    waiters.map(release),
    fc.constantFrom(10_000, 60_000, 110_000, -20_000).map(jump),
    fc.constant(wipe()),
  ]
  await fc.assert(
    fc.asyncProperty(fc.commands(anything, { maxCommands: 40 }), async (steps) => {
      product += 1
      const real: Real = { product, lastGranted: 0 }
      const model: Model = { holder: undefined, leaseLeftMs: 0, token: 0, line: [], silentMs: new Map() }
      await fc.asyncModelRun(() => ({ model, real }), steps)
    }),
    { numRuns: 200 },
  )
})
