/**
 * The speed of the queue as all api processes show it. Each could measure it for itself, but no two measure quite the same,
 * and the time to go of a purchase would grow and shrink with the process that is asked. So one measures for all, and when
 * it falls silent another takes over.
 */
import { randomUUID } from 'node:crypto'
import type { Redis } from '@flash-sale/shared/redis.ts'

export interface SharedSpeed {
  /**
   * Purchases a second, as another process measures it; undefined when none does, and this one has to.
   * @throws when Redis does not answer.
   */
  told(): Promise<number | undefined>
  /** Tells the others, who then show that. When it is lost, the next look tells it again. */
  tell(perS: number): void
}

/** A few looks: a process that misses as many is gone, or too busy to measure. */
const silenceMsMax = 1_500

/** @param key where the figure stands, beside who measured it. */
export const shareSpeed = (redis: Pick<Redis, 'get' | 'set'>, key: string): SharedSpeed => {
  const own = randomUUID()
  return {
    told: async () => {
      const [teller, figure] = (await redis.get(key))?.split(' ') ?? []
      const perS = Number(figure)
      // Redis is not ours alone: what is no speed was told by none of us.
      return teller === own || !Number.isFinite(perS) || perS < 0 ? undefined : perS
    },
    tell: (perS) => {
      redis.set(key, `${own} ${perS}`, 'PX', silenceMsMax).catch(() => undefined)
    },
  }
}
