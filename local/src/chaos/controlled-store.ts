import type { Store } from '../store-process.ts'

/** A store that can be taken away and given back, on the same port and data. */
export interface ControlledStore {
  /** Straight to it, past all links. */
  readonly url: string
  readonly port: number
  pid(): number
  isRunning(): boolean
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay and nothing answers. */
  pause(): void
  resume(): void
  /** Starts it where it was; nothing when it runs. */
  start(): Promise<void>
  /** Running, and not paused. */
  heal(): Promise<void>
  /** Gracefully, for the end. */
  stop(): Promise<void>
}

/** @param start called for every start; must give the same address each time. */
export const controlStore = async (start: () => Promise<Store>): Promise<ControlledStore> => {
  let store = await start()
  let running = true

  const signal = (name: NodeJS.Signals): void => {
    if (running) process.kill(store.pid, name)
  }
  const kill = async (): Promise<void> => {
    if (!running) return
    signal('SIGKILL')
    await store.exited
    running = false
  }
  const startAgain = async (): Promise<void> => {
    if (running) return
    store = await start()
    running = true
  }
  return {
    url: store.url,
    port: store.port,
    pid: () => store.pid,
    isRunning: () => running,
    kill,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    start: startAgain,
    heal: async () => {
      signal('SIGCONT')
      await startAgain()
    },
    stop: async () => {
      if (!running) return
      signal('SIGCONT')
      await store.stop()
      running = false
    },
  }
}
