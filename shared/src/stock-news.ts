/**
 * News about stock: one message a settled batch, restock or reset. They may get lost or come late; the version tells
 * which of two is newer, and whoever acts on them asks Postgres again every second.
 */
import { z } from 'zod'
import type { Redis } from './redis.ts'

const schema = z.strictObject({
  productId: z.int().min(1),
  stock: z.int().min(0),
  /** Of the product's row: grows with every change of its stock. */
  version: z.int().min(0),
})

export type StockNews = z.infer<typeof schema>

/** Sends one piece of news. Never throws: news that get lost cost a second. */
export const announceStock = (redis: Redis, channel: string, news: StockNews): void => {
  redis.publish(channel, JSON.stringify(news)).catch(() => undefined)
}

/**
 * Calls `onNews` for each piece of news; what is none is passed over.
 * @param subscriber a connection used for nothing else; it subscribes again by itself after a reconnect.
 */
export const followStock = (subscriber: Redis, channel: string, onNews: (news: StockNews) => void): void => {
  subscriber.on('message', (from: string, message: string) => {
    if (from !== channel) return
    const news = parse(message)
    if (news) onNews(news)
  })
  // Rejects only when the connection is closed for good.
  subscriber.subscribe(channel).catch(() => undefined)
}

const parse = (message: string): StockNews | undefined => {
  try {
    return schema.safeParse(JSON.parse(message)).data
  } catch {
    return undefined
  }
}
