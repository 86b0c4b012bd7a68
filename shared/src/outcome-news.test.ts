import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { outcomes, type PurchaseView } from './contract/purchase.ts'
import {
  type BatchNews,
  type OutcomeEntry,
  openOutcomeNews,
  outcomeMessage,
  readOutcomes,
  senderOf,
  settledMessage,
} from './outcome-news.ts'
import type { Redis } from './redis.ts'

const read = (message: string, isWanted: (jobId: string) => boolean = () => true) => {
  const seen: [string, PurchaseView | undefined][] = []
  readOutcomes(message, isWanted, (jobId, view) => seen.push([jobId, view]))
  return seen
}

const time = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
const ms = fc.nat({ max: 1_000_000 })
const entryOf: fc.Arbitrary<OutcomeEntry> = fc.record(
  {
    jobId: fc.uuid(),
    outcome: fc.constantFrom(...outcomes),
    quantity: fc.integer({ min: 1, max: 10 }),
    acceptedAtMs: time.map((date) => date.getTime()),
    queueWaitMs: ms,
    lockWaitMs: ms,
    settledAt: time.map((date) => date.toISOString()),
    orderId: fc.oneof(fc.nat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }).map(String)),
  },
  {
    requiredKeys: ['jobId', 'outcome', 'quantity', 'acceptedAtMs', 'queueWaitMs', 'lockWaitMs', 'settledAt'],
  },
)
const batchNews: fc.Arbitrary<BatchNews> = fc.record({
  productId: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  batchSize: fc.integer({ min: 1, max: 500 }),
  settleMs: ms,
  settledAt: time.map((date) => date.toISOString()),
})

const viewOf = (batch: BatchNews, entry: OutcomeEntry): PurchaseView => {
  const { jobId, outcome, quantity, acceptedAtMs, queueWaitMs, lockWaitMs, settledAt } = entry
  const { productId, settleMs, batchSize } = batch
  return {
    ...{
      jobId,
      productId,
      quantity,
      status: outcome,
      settledAt,
      queueWaitMs,
      lockWaitMs,
      settleMs,
      batchSize,
    },
    acceptedAt: new Date(acceptedAtMs).toISOString(),
    ...(entry.orderId === undefined ? {} : { orderId: entry.orderId }),
  }
}

describe('the news of a batch', () => {
  it('tell of each purchase what a GET would show', () => {
    fc.assert(
      fc.property(batchNews, fc.array(entryOf, { maxLength: 20 }), (batch, entries) => {
        const message = outcomeMessage(batch, entries)
        expect(read(message)).toEqual(entries.map((entry) => [entry.jobId, viewOf(batch, entry)]))
      }),
    )
  })

  it('are read for those who are waited for only', () => {
    fc.assert(
      fc.property(batchNews, fc.uniqueArray(entryOf, { selector: (e) => e.jobId }), (batch, entries) => {
        const wanted = new Set(entries.filter((_, at) => at % 3 === 0).map(({ jobId }) => jobId))
        const seen = read(outcomeMessage(batch, entries), (jobId) => wanted.has(jobId))
        expect(seen.map(([jobId]) => jobId)).toEqual([...wanted])
      }),
    )
  })
})

const jobId = '01890a5d-ac96-774b-bcce-b302099a8057'

test('an outcome may be told without what it is: it has to be looked up', () => {
  expect(read(settledMessage(jobId))).toEqual([[jobId, undefined]])
})

/** What is published of these messages, while every second cannot be sent. */
const published = (messages: readonly string[]): string[] => {
  const sent: string[] = []
  const publish = (_channel: string, message: string) => {
    sent.push(message)
    return sent.length % 2 === 0 ? Promise.reject(new Error('redis is away')) : Promise.resolve(1)
  }
  const tell = openOutcomeNews({ publish } as unknown as Redis, 'outcomes', 'worker-1-af')
  for (const message of messages) tell(message)
  return sent
}

test('each message says who sent it and how many it has sent, and reads as before', () => {
  fc.assert(
    fc.property(batchNews, fc.array(entryOf, { maxLength: 5 }), (batch, entries) => {
      const plain = [outcomeMessage(batch, entries), settledMessage(jobId), outcomeMessage(batch, entries)]
      const sent = published(plain)
      expect(sent.map(senderOf)).toEqual([1, 2, 3].map((n) => ({ sender: 'worker-1-af', sent: n })))
      const isWanted = (id: string) => !id.startsWith('#')
      expect(sent.map((message) => read(message, isWanted))).toEqual(plain.map((message) => read(message)))
    }),
  )
  expect(senderOf(settledMessage(jobId))).toBeUndefined()
})

const batch = JSON.stringify({
  ...{ productId: 1, batchSize: 1, settleMs: 0 },
  settledAt: '2026-01-31T12:00:00.000Z',
})
test.each([
  ['no line', ''],
  ['no purchase', batch],
  ['no batch', `\n${jobId}["confirmed",1,1,1,1,1,null]`],
  ['half a line', `${batch}\n${jobId}["confirmed",1,`],
  ['an unknown outcome', `${batch}\n${jobId}["stolen",1,1,1,1,1,null]`],
  ['a time that no date holds', `${batch}\n${jobId}["confirmed",1,9e15,1,1,null,null]`],
  ['empty lines', `${batch}\n\n\n`],
])('what is none is told as nothing that could be shown: %s', (_what, message) => {
  for (const [, view] of read(message)) expect(view).toBeUndefined()
})
