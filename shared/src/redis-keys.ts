/**
 * Every Redis key and channel of ours, built here and nowhere else. BullMQ's own keys live under `bull`.
 * The keys of one product's lock share a cluster slot: the braces make Redis hash `lock:product:1`, which is
 * what it hashes for the lock key itself.
 */

/** Names within one Redis: `prefix` keeps engines apart that share it. */
export interface RedisKeys {
  /** Prefix that BullMQ puts before its keys. */
  bullPrefix: string
  lock(productId: number): LockKeys
  /** Channel on which the waiters of one worker are woken. */
  wakeChannel(workerId: string): string
  /** Channel of the news about stock. */
  stockChannel: string
  /** Channel of the news about outcomes. */
  outcomeChannel: string
  /** Put before the counters of the rate limits. */
  limitPrefix: string
  /** Expires: the speed of the queues, as one api measures it for all. */
  queueSpeed: string
  /** What the workers tell of themselves once a second. */
  reports: ReportKeys
}

/** The keys of the workers' reports; see worker-reports.ts. */
export interface ReportKeys {
  /** Sorted set: names of workers by their last report, ms since the epoch. */
  workers: string
  /** Expires: the last figures of a worker. */
  metrics(worker: string): string
  /** Expires: the product lines of a worker. */
  lines(worker: string): string
  /** Expires: what a worker settled of each product. */
  products(worker: string): string
}

/** The keys of one product's lock; see worker/src/lock for what they hold. */
export interface LockKeys {
  /** Hash: who holds the lease. Exists exactly as long as the lease does. */
  lock: string
  /** Sorted set: waiters in order of arrival. */
  line: string
  /** Sorted set: waiters by their last sign of life. */
  heartbeats: string
  /** Hash: waiter → how many purchases it waits with, and `since:` and the waiter → since when, ms. */
  sizes: string
  /** Hash: the fencing token last given and the last turn in line. */
  counters: string
}

const reportKeys = (prefix: string): ReportKeys => {
  const of = (name: string): string => `{${prefix}report}:${name}`
  return {
    workers: of('workers'),
    metrics: (worker) => of(`metrics:${worker}`),
    lines: (worker) => of(`lines:${worker}`),
    products: (worker) => of(`products:${worker}`),
  }
}

/** @param prefix put before every key; may be empty. */
export const redisKeys = (prefix: string): RedisKeys => ({
  bullPrefix: `${prefix}bull`,
  lock: (productId) => {
    const lock = `${prefix}lock:product:${productId}`
    const sibling = (name: string): string => `{${lock}}:${name}`
    return {
      lock,
      line: sibling('line'),
      heartbeats: sibling('heartbeats'),
      sizes: sibling('sizes'),
      counters: sibling('counters'),
    }
  },
  wakeChannel: (workerId) => `${prefix}wake:${workerId}`,
  stockChannel: `${prefix}stock`,
  outcomeChannel: `${prefix}outcomes`,
  limitPrefix: `${prefix}limit:`,
  queueSpeed: `${prefix}queue-speed`,
  reports: reportKeys(prefix),
})
