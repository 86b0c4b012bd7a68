import { EventEmitter } from 'node:events'
import { openOutcomeNews, settledMessage } from '@flash-sale/shared/outcome-news.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openOutcomeFeed } from './outcome-feed.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A connection whose subscriptions are confirmed by the test. */
const feedOf = () => {
  const confirm: (() => void)[] = []
  const unsubscribe = vi.fn(async () => undefined)
  const subscriber = Object.assign(new EventEmitter(), {
    subscribe: () => new Promise<void>((resolve) => void confirm.push(resolve)),
    unsubscribe,
  })
  const feed = openOutcomeFeed({ subscriber: subscriber as unknown as Redis, channel: 'outcomes' })
  const told: string[] = []
  const follow = (jobId: string) =>
    feed.follow(jobId, {
      onSettled: () => void told.push(jobId),
      onGap: () => void told.push(`gap ${jobId}`),
    })
  const publish = async (channel: string, message: string): Promise<number> => {
    subscriber.emit('message', channel, message)
    return 1
  }
  const senderAs = (name: string) => openOutcomeNews({ publish } as unknown as Redis, 'outcomes', name)
  const confirmed = async (): Promise<void> => {
    confirm.shift()?.()
    await vi.advanceTimersByTimeAsync(0)
  }
  return { feed, subscriber, told, follow, senderAs, confirmed, confirm, unsubscribe }
}

const a = '01890a5d-ac96-774b-bcce-b302099a8057'
const b = '01890a5d-ac96-774b-bcce-b302099a8058'

test('who follows before news can be heard is told when they can; who comes later has missed none', async () => {
  const { feed, told, follow, senderAs, confirmed } = feedOf()
  follow(a)
  expect(feed.hears()).toBe(false)
  await confirmed()
  expect(feed.hears()).toBe(true)
  expect(told).toEqual([`gap ${a}`])
  follow(b)
  senderAs('w')(settledMessage(b))
  expect(told).toEqual([`gap ${a}`, b])
})

test('after the connection was lost, all are told once it is subscribed again', async () => {
  const { feed, subscriber, told, follow, confirmed } = feedOf()
  follow(a)
  await confirmed()
  told.length = 0
  subscriber.emit('close')
  expect(feed.hears()).toBe(false)
  subscriber.emit('ready')
  expect(told).toEqual([])
  await confirmed()
  expect({ hears: feed.hears(), told }).toEqual({ hears: true, told: [`gap ${a}`] })
})

test('an answer to an older subscription counts for nothing', async () => {
  const { feed, subscriber, told, follow, confirmed, confirm } = feedOf()
  follow(a)
  subscriber.emit('close')
  subscriber.emit('ready')
  expect(confirm).toHaveLength(2)
  await confirmed()
  expect({ hears: feed.hears(), told }).toEqual({ hears: false, told: [] })
  await confirmed()
  expect(feed.hears()).toBe(true)
})

test('a message that did not come is noticed at the next one of its sender', async () => {
  const { subscriber, told, follow, senderAs, confirmed } = feedOf()
  follow(a)
  await confirmed()
  told.length = 0
  const [tellOne, tellTwo] = [senderAs('w-1'), senderAs('w-2')]
  tellOne(settledMessage(b))
  const lost = subscriber.listeners('message')
  subscriber.removeAllListeners('message')
  tellOne(settledMessage(a))
  for (const listener of lost) subscriber.on('message', listener as () => void)
  tellTwo(settledMessage(b))
  expect(told).toEqual([])
  tellOne(settledMessage(b))
  expect(told).toEqual([`gap ${a}`])
})

test('nothing is subscribed to a while after the last one has left, and then anew', async () => {
  const { feed, told, follow, confirmed, unsubscribe } = feedOf()
  const leave = follow(a)
  await confirmed()
  leave()
  await vi.advanceTimersByTimeAsync(4_000)
  follow(b)()
  await vi.advanceTimersByTimeAsync(4_000)
  expect(unsubscribe).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(unsubscribe).toHaveBeenCalledTimes(1)
  expect(feed.hears()).toBe(false)
  told.length = 0
  follow(a)
  await confirmed()
  expect(told).toEqual([`gap ${a}`])
  feed.close()
})
