/** The sale of one product: its buyers, and what they have been told. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Problem } from '@flash-sale/shared/contract/problem.ts'
import type { Outcome, PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import type { SalePlan } from './plan.ts'
import type { Random } from './random.ts'
import type { ShopClient } from './shop-client.ts'
import { until } from './until.ts'

export interface Buyer {
  customerId: string
  quantity: number
  key: string
  /** From the last 202. */
  jobId?: string
  /** What they saw it end with; seen once it must stay. */
  seen?: { status: Outcome; orderId: string | undefined }
  /** Told at the door that the product is sold out: without a purchase, and for good. */
  refused?: boolean
  /** How often a purchase that was answered 202 was unknown later. */
  lost: number
  /** Why the buyer gave up. */
  trouble?: string
}

export interface Sale {
  readonly productId: number
  readonly plan: SalePlan
  readonly buyers: readonly Buyer[]
  /** Units added while it ran. */
  restocked: number
  /** Whether buyers that are refused at the door ask again. */
  insistent: boolean
  /** Buyers that were answered 202. */
  accepted(): number
  /** Buyers that were refused at the door. */
  refused(): number
  /** Resolves when that many have been accepted or refused. @throws after 30 s. */
  awaitAccepted(count: number): Promise<void>
  /** Buyers that have seen their outcome, or were refused. */
  served(): number
  awaitServed(count: number): Promise<void>
  /** Whether every buyer is served. */
  isOver(): boolean
  /** Resolves when every buyer has seen an outcome or given up. */
  ended: Promise<void>
  /** What is contradictory in what they were told. */
  contradictions: string[]
}

export interface SaleOptions {
  shop: ShopClient
  random: Random
  plan: SalePlan
  productId: number
  /** Makes customers and keys unique. */
  name: string
  /** When buyers give up, ms after the start. */
  patienceMs: number
}

interface LivingBuyer extends Buyer {
  /** After the start of the sale. */
  arrivesMs: number
  /** Between attempts to buy. */
  pauseMs: number
}

const triggerMs = 30_000
const pauseMs = { min: 50, max: 300 }
/** A crowd asks less often, so that its questions do not become the load: about 1,000 a second at most. */
const pollMs = { min: 20, max: 500, perBuyer: 1 }
const pending: readonly string[] = ['queued', 'waiting_for_lock', 'settling']

const outcomeOf = (view: PurchaseView): Buyer['seen'] =>
  pending.includes(view.status)
    ? undefined
    : {
        status: view.status as Outcome,
        orderId: view.orderId === undefined ? undefined : String(view.orderId),
      }

const isSoldOut = (body: unknown): boolean => (body as Partial<Problem> | undefined)?.code === 'sold-out'

/**
 * Lets the buyers of a plan loose. Each sends its purchase with its Idempotency-Key until it is answered 202, and asks
 * for it until it has an outcome; when a purchase turns out to be lost, it is sent again with the same key.
 */
export const startSale = ({ shop, random, plan, productId, name, patienceMs }: SaleOptions): Sale => {
  const contradictions: string[] = []
  const deadline = performance.now() + patienceMs
  const buyers = Array.from(
    { length: plan.buyers },
    (_, index): LivingBuyer => ({
      customerId: `${name}-${index}`,
      quantity: random.whole(1, plan.quantityMax),
      key: `${name}-key-${index}`,
      lost: 0,
      arrivesMs: random.whole(0, plan.spreadMs),
      pauseMs: random.whole(pauseMs.min, pauseMs.max),
    }),
  )

  const pollMsMax = Math.max(pollMs.max, plan.buyers * pollMs.perBuyer)

  const isLate = (buyer: Buyer, what: string): boolean => {
    if (performance.now() < deadline) return false
    buyer.trouble = what
    return true
  }

  /** @returns whether it was accepted. */
  const send = async (buyer: LivingBuyer): Promise<boolean> => {
    const request = { productId, customerId: buyer.customerId, quantity: buyer.quantity }
    for (let problem = 'not sent'; ; ) {
      if (isLate(buyer, `not accepted, last: ${problem}`)) return false
      const { status, body, fault } = await shop.buy(request, buyer.key)
      if (status === 202 && body) {
        if (buyer.jobId !== undefined && buyer.jobId !== body.jobId)
          contradictions.push(`${buyer.customerId}: the same key gave ${buyer.jobId} and ${body.jobId}`)
        buyer.jobId = body.jobId
        return true
      }
      problem = `${status} ${fault}${JSON.stringify(body)}`
      // Sold out at the door: an answer, without a purchase.
      const soldOut = status === 409 && isSoldOut(body)
      if (soldOut && !sale.insistent) {
        buyer.refused = true
        return false
      }
      // What is neither a fault of ours nor a matter of time will not change.
      if (status !== 0 && status !== 503 && !soldOut) {
        buyer.trouble = `refused: ${problem}`
        return false
      }
      await sleep(buyer.pauseMs)
    }
  }

  /** @returns false when the purchase is lost or time is up. */
  const poll = async (buyer: Buyer, jobId: string): Promise<boolean> => {
    for (let pause = pollMs.min; ; pause = Math.min(pollMsMax, pause * 1.5)) {
      await sleep(pause)
      if (isLate(buyer, `no outcome of ${jobId}`)) return false
      const { status, body } = await shop.find(jobId)
      if (status === 404) {
        buyer.lost += 1
        return false
      }
      if (status !== 200 || !body) continue
      const seen = outcomeOf(body)
      if (!seen) continue
      buyer.seen = seen
      return true
    }
  }

  const live = async (buyer: LivingBuyer): Promise<void> => {
    await sleep(buyer.arrivesMs)
    while ((await send(buyer)) && buyer.jobId !== undefined) if (await poll(buyer, buyer.jobId)) return
  }

  const accepted = (): number => buyers.filter(({ jobId }) => jobId !== undefined).length
  const refused = (): number => buyers.filter((buyer) => buyer.refused).length
  const served = (): number => buyers.filter((buyer) => buyer.seen !== undefined || buyer.refused).length
  const sale: Sale = {
    productId,
    plan,
    buyers,
    restocked: 0,
    insistent: false,
    accepted,
    refused,
    awaitAccepted: async (count) =>
      void (await until(`${count} accepted purchases`, triggerMs, () => accepted() + refused() >= count)),
    served,
    awaitServed: async (count) =>
      void (await until(`${count} served buyers`, triggerMs, () => served() >= count)),
    isOver: () => served() === buyers.length,
    // Begins when the sale is there to be asked.
    ended: Promise.resolve()
      .then(() => Promise.all(buyers.map(live)))
      .then(() => undefined),
    contradictions,
  }
  return sale
}
