interface Waiting<Item, Result> {
  item: Item
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

export interface GatheredCalls<Item, Reply, Result> {
  /** Items of one call, at most: a store serves nobody else while it does. */
  callMax: number
  /** @returns a reply for each, in order. @throws for all of them. */
  call: (items: readonly Item[]) => Promise<readonly Reply[]>
  /** @throws for this one only. */
  resultOf: (reply: Reply | undefined, item: Item) => Result
}

/**
 * Gathers what is asked for in one turn of the event loop and asks for it in one call. Nobody waits longer than the turn.
 * @returns asks for one item.
 */
export const gatherCalls = <Item, Reply, Result>({
  callMax,
  call,
  resultOf,
}: GatheredCalls<Item, Reply, Result>): ((item: Item) => Promise<Result>) => {
  let gathered: Waiting<Item, Result>[] = []

  const callWith = async (all: readonly Waiting<Item, Result>[]): Promise<void> => {
    let replies: readonly Reply[]
    try {
      replies = await call(all.map(({ item }) => item))
    } catch (error) {
      for (const { reject } of all) reject(error)
      return
    }
    for (const [index, { item, resolve, reject }] of all.entries()) {
      try {
        resolve(resultOf(replies[index], item))
      } catch (error) {
        reject(error)
      }
    }
  }

  const send = (): void => {
    const all = gathered
    gathered = []
    for (let from = 0; from < all.length; from += callMax) void callWith(all.slice(from, from + callMax))
  }

  return (item) =>
    new Promise((resolve, reject) => {
      if (gathered.length === 0) setImmediate(send)
      gathered.push({ item, resolve, reject })
    })
}
