import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { mersenne } from 'pure-rand/generator/mersenne'

/** Numbers that follow from a seed: the same seed, the same numbers. */
export interface Random {
  /** Both limits included. */
  whole(min: number, max: number): number
  oneOf<T>(items: readonly [T, ...T[]]): T
  /** One item; undefined of none. */
  pick<T>(items: readonly T[]): T | undefined
  chance(percent: number): boolean
}

/** Largest seed. */
export const seedMax = 2_147_483_647

/** MT19937 of Matsumoto and Nishimura (1998): seeds that follow each other give numbers that have nothing in common. */
export const randomOf = (seed: number): Random => {
  const generator = mersenne(seed)
  const whole = (min: number, max: number): number => uniformInt(generator, min, max)
  const pick = <T>(items: readonly T[]): T | undefined =>
    items.length === 0 ? undefined : items[whole(0, items.length - 1)]
  return {
    whole,
    oneOf: (items) => pick(items) ?? items[0],
    pick,
    chance: (percent) => whole(1, 100) <= percent,
  }
}
