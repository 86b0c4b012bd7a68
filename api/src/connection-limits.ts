/** How many connections are taken, in all and of one address. */
import type { Server } from 'node:http'
import type { Logger } from '@flash-sale/shared/logger.ts'
import { openAddressPlaces } from './address-places.ts'
import { addressGroupOf } from './auth/client-address.ts'

export interface ConnectionLimits {
  connectionsMax: number
  /** Of one address; undefined: all of them. */
  connectionsPerAddressMax?: number | undefined
  logger: Logger
}

const logIntervalMs = 10_000

/** One line in a while: who attacks us must not write our log. */
const seldom = (say: () => void): (() => void) => {
  let quietUntilMs = 0
  return () => {
    if (Date.now() < quietUntilMs) return
    quietUntilMs = Date.now() + logIntervalMs
    say()
  }
}

const shareConnections = (server: Server, perAddressMax: number, logger: Logger): void => {
  const places = openAddressPlaces(perAddressMax)
  const report = seldom(() =>
    logger.warn({ perAddressMax }, 'refusing connections of an address: MAX_CONNECTIONS_PER_IP is reached'),
  )
  server.on('connection', (socket) => {
    const giveBack = places.take(addressGroupOf(socket.remoteAddress))
    if (giveBack) {
      socket.once('close', giveBack)
      return
    }
    report()
    socket.destroy()
  })
}

/** Closes each connection too many as soon as it is there. */
export const limitConnections = (server: Server, limits: ConnectionLimits): void => {
  const { connectionsMax, connectionsPerAddressMax, logger } = limits
  server.maxConnections = connectionsMax
  const report = seldom(() =>
    logger.warn({ connectionsMax }, 'refusing connections: MAX_CONNECTIONS is reached'),
  )
  server.on('drop', report)
  if (connectionsPerAddressMax !== undefined) shareConnections(server, connectionsPerAddressMax, logger)
}
