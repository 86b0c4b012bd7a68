import type { BullMQAdapter } from '@bull-board/api/bullMQAdapter'

/** A worker fetches jobs over several connections, each of which Redis lists by itself. */
type Connection = NonNullable<Awaited<ReturnType<BullMQAdapter['getWorkers']>>>[number]

/** Each name once, by its oldest connection; connections without a name one by one. */
export const eachWorkerOnce = (connections: readonly Connection[]): Connection[] => {
  const oldest = new Map<string, Connection>()
  for (const connection of connections) {
    const key = connection.name ?? `connection ${connection.id}`
    const seen = oldest.get(key)
    if (!seen || connection.age > seen.age) oldest.set(key, connection)
  }
  return [...oldest.values()]
}

/** Makes the dashboard show workers where it would show their connections. */
export const listEachWorkerOnce = (adapter: BullMQAdapter): BullMQAdapter => {
  const connections = adapter.getWorkers.bind(adapter)
  adapter.getWorkers = async () => {
    const all = await connections()
    return all && eachWorkerOnce(all)
  }
  return adapter
}
