/** The news about outcomes as this process needs them: nothing is subscribed to while nobody waits. */
import type { PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import { readOutcomes } from '@flash-sale/shared/outcome-news.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'

export interface OutcomeFollower {
  /** Called with the news of its purchase; without a view the outcome is there and has to be looked up. */
  onSettled(view: PurchaseView | undefined): void
  /** News may have been missed until now. */
  onGap(): void
}

export interface OutcomeFeed {
  /** Follows one purchase; the returned function ends that. */
  follow(jobId: string, follower: OutcomeFollower): () => void
  /** Aborts when this process is told to stop: whoever waits has to be answered then. */
  readonly closing: AbortSignal
  close(): void
}

export interface OutcomeFeedOptions {
  /** A connection used for subscriptions only. */
  subscriber: Redis
  channel: string
  /** How long to stay subscribed when nobody waits any more: the next buyer comes soon in a sale. */
  lingerMs?: number
}

const lingerMsDefault = 5_000

export const openOutcomeFeed = (options: OutcomeFeedOptions): OutcomeFeed => {
  const { subscriber, channel, lingerMs = lingerMsDefault } = options
  const followers = new Map<string, Set<OutcomeFollower>>()
  const closing = new AbortController()
  let subscribed = false
  let linger: NodeJS.Timeout | undefined

  const onMessage = (from: string, message: string): void => {
    if (from !== channel || followers.size === 0) return
    readOutcomes(
      message,
      (jobId) => followers.has(jobId),
      (jobId, view) => {
        for (const follower of [...(followers.get(jobId) ?? [])]) follower.onSettled(view)
      },
    )
  }
  const tellGap = (): void => {
    for (const together of [...followers.values()]) for (const follower of together) follower.onGap()
  }
  const subscribe = (): void => {
    subscribed = true
    // What was told before Redis has confirmed it went by unheard. Rejects only when the connection is closed for good.
    subscriber.subscribe(channel).then(tellGap, () => undefined)
  }
  const onReady = (): void => {
    if (subscribed) subscribe()
  }
  const unsubscribe = (): void => {
    subscribed = false
    subscriber.unsubscribe(channel).catch(() => undefined)
  }
  subscriber.on('message', onMessage)
  subscriber.on('ready', onReady)

  const join = (): void => {
    clearTimeout(linger)
    linger = undefined
    if (!subscribed) subscribe()
  }
  const lingerAlone = (): void => {
    if (followers.size > 0 || linger || closing.signal.aborted) return
    linger = setTimeout(() => {
      linger = undefined
      if (followers.size === 0) unsubscribe()
    }, lingerMs)
  }
  const leave = (jobId: string, follower: OutcomeFollower): void => {
    const together = followers.get(jobId)
    together?.delete(follower)
    if (together?.size === 0) followers.delete(jobId)
    lingerAlone()
  }

  return {
    closing: closing.signal,
    follow: (jobId, follower) => {
      const together = followers.get(jobId)
      if (together) together.add(follower)
      else followers.set(jobId, new Set([follower]))
      join()
      return () => leave(jobId, follower)
    },
    close: () => {
      closing.abort()
      clearTimeout(linger)
      subscriber.off('message', onMessage)
      subscriber.off('ready', onReady)
    },
  }
}
