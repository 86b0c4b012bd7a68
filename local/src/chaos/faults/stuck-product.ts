import type { Fault } from '../fault.ts'

/** Behind all that wait: the machine, the buyers who ask and another stack share two cores. */
const servedMsMax = 30_000

/** One product's lock does not move while `waiting` of its purchases wait. */
export const stuckProduct = (waiting: number): Fault => ({
  name: 'product-stuck',
  number: 26,
  what: `the lock of a product is held in Redis by somebody who never lets go, while ${waiting} of its purchases wait`,
  expects: `another product is served within ${servedMsMax / 1000} s; the first one too when its lock is free again`,
  counts: ['flash_sale_purchases_stepped_back_total'],
  slow: true,
  inject: async (stack, round) => {
    const { inspect } = stack
    const big = { buyers: waiting, stock: Math.ceil(waiting / 2), batchMax: null, thinkMs: 0, spreadMs: 0 }
    const stuck = await round.sell(big, async (productId) => {
      await inspect.redis.hset(inspect.lockKeys(productId).lock, { owner: 'nobody:1', token: 1 })
    })
    await stuck.awaitAccepted(waiting)
    const startedAt = performance.now()
    const other = await round.sell({ buyers: 200, thinkMs: 0, spreadMs: 0 })
    await other.ended
    const servedMs = performance.now() - startedAt
    round.figure('servedMs', servedMs)
    if (servedMs > round.patient(servedMsMax))
      round.violation(`another product was served only after ${Math.round(servedMs)} ms`)
    if ((await inspect.settled(stuck.productId)) > 0) throw new Error('the stuck product was not stuck')
    await inspect.redis.del(inspect.lockKeys(stuck.productId).lock)
  },
})
