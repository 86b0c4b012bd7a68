/**
 * The speed of the queue as all api processes show it. Each could measure it for itself, but no two measure quite the same,
 * and the time to go of a purchase would grow and shrink with the process that is asked. So one measures for all, and when
 * it falls silent another takes over.
 */
import { randomUUID } from 'node:crypto'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { Pace } from './queue-pace.ts'

export interface SharedSpeed {
  /**
   * As another process measures it; undefined when none does, and this one has to.
   * @throws when Redis does not answer.
   */
  told(): Promise<Pace | undefined>
  /** Tells the others, who then show that. When it is lost, the next look tells it again. */
  tell(pace: Pace): void
}

/** A few looks: a process that misses as many is gone, or too busy to measure. */
const silenceMsMax = 1_500

/** Redis is not ours alone: what is no speed was told by none of us. */
const paceOf = (figures: readonly number[]): Pace | undefined => {
  const [fromPerS, fromSettled, toPerS, toSettled, ...more] = figures
  if (fromPerS === undefined || fromSettled === undefined) return undefined
  if (toPerS === undefined || toSettled === undefined || more.length > 0) return undefined
  if (!figures.every((figure) => Number.isFinite(figure) && figure >= 0)) return undefined
  return { fromPerS, fromSettled, toPerS, toSettled }
}

/** @param key where the figure stands, beside who measured it. */
export const shareSpeed = (redis: Pick<Redis, 'get' | 'set'>, key: string): SharedSpeed => {
  const own = randomUUID()
  return {
    told: async () => {
      const [teller, ...figures] = (await redis.get(key))?.split(' ') ?? []
      return teller === own ? undefined : paceOf(figures.map(Number))
    },
    tell: ({ fromPerS, fromSettled, toPerS, toSettled }) => {
      const told = [own, fromPerS, fromSettled, toPerS, toSettled].join(' ')
      redis.set(key, told, 'PX', silenceMsMax).catch(() => undefined)
    },
  }
}
