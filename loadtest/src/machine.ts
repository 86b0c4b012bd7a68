import { availableParallelism, cpus, release, totalmem, type } from 'node:os'

/** Where the buyers ran; an engine on localhost shares it. */
export interface Machine {
  processor: string
  cores: number
  memoryGb: number
  system: string
}

export const machineOf = (): Machine => ({
  processor: cpus()[0]?.model.trim() || 'unknown',
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()}`,
})
