import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, Round } from '../fault.ts'
import type { Link } from '../link.ts'
import type { Stack } from '../stack.ts'
import { unhurried } from './moments.ts'

/** What happens to a connection of any process to either store. */
const troubles: readonly [string, (link: Link, round: Round) => void][] = [
  ['slow', (link, { random }) => link.slow(random.whole(5, 150))],
  ['sliced', (link, { random }) => link.slice(random.whole(1, 200))],
  ['reset', (link) => link.reset()],
  ['as before', (link) => void link.restore()],
]

const linksOf = (stack: Stack): Link[] => stack.services.flatMap(({ links }) => [links.postgres, links.redis])

export const badConnections: Fault = {
  name: 'bad-connections',
  number: 24,
  what: 'for 3 s, every 20 to 200 ms one connection of a process to a store becomes slow, sliced, or is reset',
  expects: 'nothing but delay',
  plan: { ...unhurried, spreadMs: 2_500 },
  inject: async (stack, round) => {
    const { random } = round
    await round.sell()
    const endsAt = performance.now() + 3_000
    let resets = 0
    while (performance.now() < endsAt) {
      const link = random.pick(linksOf(stack))
      const [name, make] = random.pick(troubles) ?? []
      if (!link || !make) throw new Error('there is nothing to trouble')
      make(link, round)
      if (name === 'reset') resets += 1
      await sleep(random.whole(20, 200))
    }
    round.figure('resets', resets)
  },
}
