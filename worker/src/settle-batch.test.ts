import { createLogger } from '@flash-sale/shared/logger.ts'
import { type Database, DatabaseUnavailableError } from '@flash-sale/shared/postgres.ts'
import { v7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import type { Lease } from './lock/lease.ts'
import { settleBatch } from './settle-batch.ts'

const logger = createLogger('test', 'silent')
const events = { staleTokenRefused: () => undefined }
const batch = [{ id: v7(), productId: 1, customerId: 'c', quantity: 1, acceptedAtMs: 0 }]

const leaseThatIs = (held: boolean): Lease => ({
  token: 5,
  grantedAtMs: 0,
  isHeld: () => held,
  release: async () => undefined,
})

const databaseThat = (run: () => Promise<never>) => {
  let statements = 0
  const database: Database = {
    run: () => {
      statements += 1
      return run()
    },
    close: async () => undefined,
  }
  return { database, statements: () => statements }
}

describe('a batch', () => {
  it('is not sent once its lease is lost', async () => {
    const { database, statements } = databaseThat(() => Promise.reject(new Error('must not be called')))
    const settler = { database, logger, raiseFloor: () => undefined, announce: () => undefined, events }
    const result = await settleBatch(settler, leaseThatIs(false), 1, batch, 0)
    expect(result).toEqual({
      outcomes: new Map(),
      settleMs: 0,
      again: { reason: 'lease lost', fault: false },
    })
    expect(statements()).toBe(0)
  })

  it('without an answer is to be settled again', async () => {
    const { database, statements } = databaseThat(() => Promise.reject(new DatabaseUnavailableError('gone')))
    const settler = { database, logger, raiseFloor: () => undefined, announce: () => undefined, events }
    const result = await settleBatch(settler, leaseThatIs(true), 1, batch, 0)
    expect(result).toMatchObject({ again: { reason: 'gone', fault: true } })
    expect(result.outcomes.size).toBe(0)
    expect(statements()).toBe(1)
  })

  it('hits a bug loudly: what is no fault of the infrastructure is thrown', async () => {
    const { database } = databaseThat(() => Promise.reject(new TypeError('a bug')))
    const settler = { database, logger, raiseFloor: () => undefined, announce: () => undefined, events }
    await expect(settleBatch(settler, leaseThatIs(true), 1, batch, 0)).rejects.toThrow('a bug')
  })
})
