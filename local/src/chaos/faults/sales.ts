/** Sales without a fault: what makes them hard is the demand. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { until } from '../until.ts'

export const ampleStock: Fault = {
  name: 'ample-stock',
  number: 27,
  what: 'more stock than buyers',
  expects: 'everybody is served',
  plan: { buyers: 300, stock: 400 },
  inject: async (_stack, round) => {
    const sale = await round.sell()
    await sale.ended
    const refused = sale.buyers.filter(({ seen }) => seen?.status !== 'confirmed').length
    if (refused > 0) round.violation(`${refused} buyers were not served although there was enough`)
  },
}

export const stockOfOne: Fault = {
  name: 'stock-of-one',
  number: 28,
  what: 'one unit, 1,000 buyers at once',
  expects: 'one is served, 999 are told that it is sold out',
  plan: { buyers: 1_000, stock: 1, spreadMs: 0, batchMax: null, thinkMs: 0 },
  inject: async (_stack, round) => {
    await round.sell()
  },
}

const primes = [97, 199, 499, 797] as const

export const quantityMix: Fault = {
  name: 'quantity-mix',
  number: 29,
  what: 'quantities of 1 to 10 against a prime stock',
  expects: 'whole quantities or nothing; nobody is refused who asked for no more than was left',
  plan: { quantityMax: 10 },
  inject: async (_stack, round) => {
    await round.sell({ stock: round.random.oneOf(primes) })
  },
}

const soldMsMax = 15_000

export const restockWhileSelling: Fault = {
  name: 'restock-while-selling',
  number: 30,
  what: 'an admin adds units three times during the sale; who is refused at the door asks again',
  expects: 'all units are booked, and sold as long as somebody asks for them',
  plan: { thinkMs: 10, batchMax: 8, spreadMs: 800 },
  inject: async (stack, round) => {
    const sale = await round.sell({ stock: 20 })
    sale.insistent = true
    for (let times = 0; times < 3; times += 1) {
      await sleep(round.random.whole(50, 400))
      const quantity = round.random.whole(1, 60)
      const { status } = await stack.shop.restock(sale.productId, quantity)
      if (status !== 200) throw new Error(`expected 200 for a restock, got ${status}`)
      sale.restocked += quantity
    }
    const units = sale.plan.stock + sale.restocked
    await until('all units sold, or nobody left who asks', round.patient(soldMsMax), async () => {
      const stored = await stack.inspect.purchases(sale.productId)
      return sale.isOver() || stored.filter(({ outcome }) => outcome === 'confirmed').length === units
    })
    sale.insistent = false
  },
}
