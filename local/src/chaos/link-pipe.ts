import type { Socket } from 'node:net'

/** What a link does to the bytes of one direction; read anew for every chunk. */
export interface PipeRules {
  held: boolean
  /** Every chunk arrives so much later. */
  delayMs: number
  /** Largest piece that is written at a time; 0: as it came. */
  pieceBytesMax: number
}

/** One direction of a proxied connection. */
export interface Pipe {
  /** What has come in and has not gone out. */
  waiting(): Buffer[]
  /** Goes on after the rules have changed. */
  pump(): void
  /** Forgets what waits. */
  drop(): void
}

/**
 * Moves bytes from one socket to the other, in order, as the rules say. When the sender is gone, what it has sent is
 * delivered all the same, as a kernel does, and then the receiver's side is ended.
 */
export const openPipe = (from: Socket, to: Socket, rules: PipeRules): Pipe => {
  let queue: { bytes: Buffer; dueAtMs: number }[] = []
  let scheduled = false
  let ended = false

  const later = (waitMs: number): void => {
    if (scheduled) return
    scheduled = true
    const go = (): void => {
      scheduled = false
      pump()
    }
    if (waitMs > 0) setTimeout(go, waitMs)
    else setImmediate(go)
  }

  /** Writes what may go out now. @returns after how many milliseconds to go on; undefined: when more comes. */
  const write = (): number | undefined => {
    while (!rules.held) {
      const first = queue[0]
      if (!first) return undefined
      const waitMs = first.dueAtMs - performance.now()
      if (waitMs > 0) return waitMs
      const size = rules.pieceBytesMax > 0 ? rules.pieceBytesMax : first.bytes.length
      to.write(first.bytes.subarray(0, size))
      first.bytes = first.bytes.subarray(size)
      if (first.bytes.length === 0) queue.shift()
      if (rules.pieceBytesMax > 0) return 0
    }
    return undefined
  }

  const pump = (): void => {
    const waitMs = write()
    if (waitMs !== undefined) later(waitMs)
    else if (ended && queue.length === 0) to.end()
  }

  from.on('data', (bytes) => {
    queue.push({ bytes, dueAtMs: performance.now() + rules.delayMs })
    pump()
  })
  from.on('close', () => {
    ended = true
    pump()
  })
  // A reset is a close like any other here.
  from.on('error', () => undefined)
  return {
    waiting: () => queue.map(({ bytes }) => bytes),
    pump,
    drop: () => {
      queue = []
    },
  }
}
