import type { Redis } from 'ioredis'

/**
 * Makes a connection send what is asked of it within one turn of the event loop in one system call, in the same order.
 * Redis then reads it at once and, with `appendfsync always`, flushes once for all of it.
 *
 * Not ioredis' auto-pipelining: that wraps every command in a pipeline of its own making, which cost a worker 15 to 38 %
 * of its speed. Here commands stay what they are; only the socket holds them back until the turn ends (`cork`, as in
 * TCP_CORK).
 * @returns the same connection.
 */
export const writeTogether = (redis: Redis): Redis => {
  const send = redis.sendCommand.bind(redis)
  let corked = false
  redis.sendCommand = (command, stream) => {
    const socket = redis.stream
    if (!corked && redis.status === 'ready' && socket.writable) {
      corked = true
      socket.cork()
      setImmediate(() => {
        corked = false
        socket.uncork()
      })
    }
    return send(command, stream)
  }
  return redis
}
