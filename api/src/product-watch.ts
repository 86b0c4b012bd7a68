/** The products that somebody in this process watches, looked at together and without asking a store. */
import type { ProductEvent } from '@flash-sale/shared/contract/product-event.ts'
import type { ProductCatalog, ProductFacts } from '@flash-sale/shared/product-catalog.ts'

export interface ProductWatches {
  /** Calls `show` at once and whenever something changes; the returned function ends that. */
  watch(facts: ProductFacts, show: ShowProduct): () => void
}

/** @param version grows with every change of the stock, by sales that hold the lock. */
export type ShowProduct = (event: ProductEvent, version: number) => void

interface Watched {
  /** What was shown last, as text without its time. */
  shown: string
  viewers: Set<ShowProduct>
}

/** Quick enough for the eye; the catalog hears of a sale with each settled batch. */
const lookEveryMs = 250

const iso = (timeMs: number | null): string | null =>
  timeMs === null ? null : new Date(timeMs).toISOString()

const saleStatusOf = ({ opensAtMs, closesAtMs }: ProductFacts, nowMs: number): ProductEvent['saleStatus'] => {
  if (closesAtMs !== null && closesAtMs <= nowMs) return 'closed'
  return opensAtMs !== null && opensAtMs > nowMs ? 'upcoming' : 'open'
}

/** A product as it is shown to those who watch it, by Postgres' clock. */
export const productEventOf = (facts: ProductFacts, ownNowMs: number): ProductEvent => {
  const nowMs = ownNowMs + facts.clockAheadMs
  return {
    stock: facts.stock,
    opensAt: iso(facts.opensAtMs),
    closesAt: iso(facts.closesAtMs),
    saleStatus: saleStatusOf(facts, nowMs),
    now: new Date(nowMs).toISOString(),
  }
}

const textOf = ({ now: _, ...event }: ProductEvent): string => JSON.stringify(event)

/**
 * However many watch a product, it is looked up in the catalog four times a second, and that is all: no query and no
 * call to Redis for those who watch. Nothing runs while nobody does.
 */
export const openProductWatches = (catalog: Pick<ProductCatalog, 'find'>): ProductWatches => {
  const watched = new Map<number, Watched>()
  let timer: NodeJS.Timeout | undefined

  const look = async (id: number, { viewers }: Watched): Promise<void> => {
    // A product that cannot be looked up just now is shown as it was.
    const facts = await catalog.find(id).catch(() => undefined)
    const product = watched.get(id)
    if (!facts || !product) return
    const event = productEventOf(facts, Date.now())
    const text = textOf(event)
    if (text === product.shown) return
    product.shown = text
    for (const show of [...viewers]) show(event, facts.version)
  }
  const lookAtAll = (): void => {
    for (const [id, product] of watched) void look(id, product)
  }

  return {
    watch: (facts, show) => {
      const event = productEventOf(facts, Date.now())
      const product = watched.get(facts.id) ?? { shown: textOf(event), viewers: new Set() }
      watched.set(facts.id, product)
      product.viewers.add(show)
      timer ??= setInterval(lookAtAll, lookEveryMs)
      show(event, facts.version)
      return () => {
        product.viewers.delete(show)
        if (product.viewers.size === 0 && watched.get(facts.id) === product) watched.delete(facts.id)
        if (watched.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}
