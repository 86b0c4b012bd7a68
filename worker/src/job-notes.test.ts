import { expect, it, test } from 'vitest'
import { createJobNotes, noteOf } from './job-notes.ts'
import type { Settlement } from './waiting-purchase.ts'

const settled: Settlement = {
  outcome: 'confirmed',
  settledAt: '2026-01-01T00:00:00.000Z',
  storedBefore: false,
  lockWaitMs: 999,
  settleMs: 3,
  batchSize: 12,
  fencingToken: 42,
  settledAgain: 0,
}

test.each([
  ['nothing to say', {}, undefined],
  [
    'a long wait for the lock',
    { lockWaitMs: 1_240 },
    'waited 1240 ms for the lock: settled with fencing token 42 in a batch of 12',
  ],
  [
    'settled again',
    { settledAgain: 2, lastFault: 'no answer' },
    'its batch was settled again 2 times (no answer): settled with fencing token 42 in a batch of 12',
  ],
])('%s', (_, seen, note) => {
  expect(noteOf({ ...settled, ...seen })).toBe(note)
})

it('writes 20 a second at most, and nothing for what went well', () => {
  let nowMs = 0
  const written: string[] = []
  const job = {
    log: async (text: string) => {
      written.push(text)
      throw new Error('Redis is away, which is nobody’s business')
    },
  }
  const notes = createJobNotes(() => nowMs)
  for (let i = 0; i < 50; i += 1) notes.write(job, settled)
  expect(written).toHaveLength(0)
  for (let i = 0; i < 50; i += 1) notes.write(job, { ...settled, lockWaitMs: 5_000 })
  expect(written).toHaveLength(20)
  nowMs = 1_000
  notes.write(job, { ...settled, lockWaitMs: 5_000 })
  expect(written).toHaveLength(21)
})
