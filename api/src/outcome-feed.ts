/** The news about outcomes as this process needs them: one subscription, and none while nobody waits. */
import type { PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import { readOutcomes } from '@flash-sale/shared/outcome-news.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { createMissedNews } from './missed-news.ts'

export interface OutcomeFollower {
  /** Called with the news of its purchase; without a view the outcome is there and has to be looked up. */
  onSettled(view: PurchaseView | undefined): void
  /** News may have been missed until now. */
  onGap(): void
}

export interface OutcomeFeed {
  /**
   * Follows one purchase; the returned function ends that. Who follows before it adds or looks at the purchase hears of its
   * outcome: by the news or, when they could not be heard from the first moment, by `onGap` as soon as they can.
   */
  follow(jobId: string, follower: OutcomeFollower): () => void
  /** Whether news are heard now, as far as one can know. */
  hears(): boolean
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

/** Keeps a connection subscribed, whatever becomes of it. */
const openSubscription = (subscriber: Redis, channel: string, onHearing: () => void) => {
  let wanted = false
  let hearing = false
  let asked = 0

  const subscribe = (): void => {
    asked += 1
    const mine = asked
    const onSubscribed = (): void => {
      if (mine !== asked) return
      hearing = true
      // What was told before Redis has confirmed it went by unheard.
      onHearing()
    }
    // Rejects only when the connection is closed for good.
    subscriber.subscribe(channel).then(onSubscribed, () => undefined)
  }
  const onReady = (): void => {
    if (wanted) subscribe()
  }
  const onClose = (): void => {
    hearing = false
  }
  subscriber.on('ready', onReady)
  subscriber.on('close', onClose)

  return {
    hears: () => hearing,
    begin: (): void => {
      if (wanted) return
      wanted = true
      subscribe()
    },
    end: (): void => {
      wanted = false
      hearing = false
      asked += 1
      subscriber.unsubscribe(channel).catch(() => undefined)
    },
    close: (): void => {
      subscriber.off('ready', onReady)
      subscriber.off('close', onClose)
    },
  }
}

export const openOutcomeFeed = (options: OutcomeFeedOptions): OutcomeFeed => {
  const { subscriber, channel, lingerMs = lingerMsDefault } = options
  const followers = new Map<string, Set<OutcomeFollower>>()
  const missed = createMissedNews()
  const closing = new AbortController()
  let linger: NodeJS.Timeout | undefined

  const tellGap = (): void => {
    for (const together of [...followers.values()]) for (const follower of together) follower.onGap()
  }
  const subscription = openSubscription(subscriber, channel, () => {
    missed.forget()
    tellGap()
  })
  const onMessage = (from: string, message: string): void => {
    if (from !== channel) return
    if (missed.before(message)) tellGap()
    if (followers.size === 0) return
    readOutcomes(
      message,
      (jobId) => followers.has(jobId),
      (jobId, view) => {
        for (const follower of [...(followers.get(jobId) ?? [])]) follower.onSettled(view)
      },
    )
  }
  subscriber.on('message', onMessage)

  const join = (): void => {
    clearTimeout(linger)
    linger = undefined
    subscription.begin()
  }
  const lingerAlone = (): void => {
    if (followers.size > 0 || linger || closing.signal.aborted) return
    linger = setTimeout(() => {
      linger = undefined
      if (followers.size === 0) subscription.end()
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
    hears: subscription.hears,
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
      subscription.close()
      subscriber.off('message', onMessage)
    },
  }
}
