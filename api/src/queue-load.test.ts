import fc from 'fast-check'
import { afterEach, describe, expect, it, test } from 'vitest'
import { createDrain } from './drain.ts'
import { createQueueLoad, type PlaceEstimate, type WatchedQueue, watchQueueLoad } from './queue-load.ts'
import { constantPace, type Pace } from './queue-pace.ts'
import type { SharedSpeed } from './shared-speed.ts'

/** A queue with a clock of its own, looked at every 250 ms. */
const simulation = (depth: number, settled = 0) => {
  const state = { nowMs: 1_000, depth, settled }
  const { load, begin } = createQueueLoad(createDrain(), () => state.nowMs)
  const look = (told?: Pace): void => begin()({ depth: state.depth, settled: state.settled }, told)
  /** Settles `count` in the time of one look; `during` is called a few times meanwhile. */
  const step = (count: number, during: () => void = () => undefined, arrived = 0): void => {
    for (let part = 0; part < 5; part += 1) {
      state.nowMs += 50
      during()
    }
    state.depth += arrived - count
    state.settled += count
    look()
    during()
  }
  look()
  return { load, state, look, step }
}

const neverGrows = (places: readonly PlaceEstimate[]): void => {
  places.forEach((place, at) => {
    const before = places[at - 1]
    if (!before) return
    expect(place.aheadEstimate).toBeLessThanOrEqual(before.aheadEstimate)
    if (before.etaMs !== undefined) expect(place.etaMs).toBeLessThanOrEqual(before.etaMs)
  })
}

describe('the place of a purchase', () => {
  it('never grows, nor does its time to go, while the queue drains steadily, whatever comes behind it', () => {
    const steady = fc.record({
      perLook: fc.integer({ min: 20, max: 2_000 }),
      // Batches make single looks uneven; what one gets too much the next gets too little.
      wavers: fc.array(fc.double({ min: -0.6, max: 0.6, noNaN: true }), { minLength: 12, maxLength: 12 }),
      arrivals: fc.array(fc.nat({ max: 3_000 }), { minLength: 40, maxLength: 40 }),
    })
    fc.assert(
      fc.property(steady, ({ perLook, wavers, arrivals }) => {
        const { load, state, step } = simulation(perLook * 100)
        // Warm: the speed is known when the purchase comes.
        for (let n = 0; n < 20; n += 1) step(perLook)
        const ticket = load.takeTicket()
        const places: PlaceEstimate[] = []
        const see = (): void => {
          const place = load.placeOf(ticket)
          if (place) places.push(place)
        }
        see()
        wavers.forEach((waver, at) => {
          const extra = Math.round(perLook * waver)
          step(perLook + extra, see, arrivals[at])
          step(perLook - extra, see, arrivals[at + 12])
        })
        expect(state.depth).toBeGreaterThan(0)
        expect(places.length).toBeGreaterThan(100)
        neverGrows(places)
      }),
      { numRuns: 200 },
    )
  })

  it('is right on a steady backlog, to a tenth', () => {
    const { load, step } = simulation(10_000)
    for (let n = 0; n < 8; n += 1) step(250)
    const ticket = load.takeTicket()
    // 8,000 are left before it at 1,000 a second.
    expect(load.placeOf(ticket)?.aheadEstimate).toBeGreaterThan(7_500)
    expect(load.placeOf(ticket)?.aheadEstimate).toBeLessThanOrEqual(8_000)
    for (let left = 8_000; left > 0; left -= 250) {
      const place = load.placeOf(ticket)
      expect(Math.abs((place?.etaMs ?? 0) - left)).toBeLessThanOrEqual(Math.max(250, left / 10))
      step(250)
    }
    expect(load.placeOf(ticket)).toEqual({ aheadEstimate: 0, etaMs: 0 })
  })

  it('counts those accepted since the last look, by ticket', () => {
    const { load, look } = simulation(5, 100)
    expect([1, 2, 3].map(() => load.takeTicket())).toEqual([105, 106, 107])
    // Those three have not been counted by the queue yet: the look began before.
    look()
    expect(load.takeTicket()).toBe(105)
  })

  it('is the same through an api that has just started', () => {
    const old = simulation(1_000)
    for (let n = 0; n < 8; n += 1) old.step(50)
    const ticket = old.load.takeTicket()
    const young = simulation(old.state.depth, old.state.settled)
    const seen = young.load.placeOf(ticket)
    expect(seen?.aheadEstimate).toBe(600)
    expect(seen).not.toHaveProperty('etaMs')
  })

  it('goes by the speed that is told, and by what was measured meanwhile when none is', () => {
    const { load, state, step, look } = simulation(100_000)
    for (let n = 0; n < 8; n += 1) step(250)
    const ticket = load.takeTicket()
    const told = (pace?: Pace): void => {
      state.nowMs += 250
      state.depth -= 250
      state.settled += 250
      look(pace)
    }
    told(constantPace(2_000))
    expect(load.drainPerS()).toBe(2_000)
    const place = load.placeOf(ticket)
    expect(place?.etaMs).toBe(Math.round((place?.aheadEstimate ?? 0) / 2))
    told()
    expect(load.drainPerS()).toBe(1_000)
  })

  it('begins anew with a queue that does', () => {
    const { load, state, step } = simulation(1_000, 50_000)
    for (let n = 0; n < 4; n += 1) step(10)
    Object.assign(state, { settled: 0, depth: 40 })
    step(0)
    expect(load.placeOf(load.takeTicket())?.aheadEstimate).toBe(40)
  })

  test('is unknown without a ticket', () => {
    expect(simulation(5).load.placeOf(undefined)).toBeUndefined()
  })

  test('is unknown before the first look', () => {
    const { load } = createQueueLoad()
    expect(load.takeTicket()).toBeUndefined()
    expect(load.placeOf(7)).toBeUndefined()
  })
})

describe('the speed of the queue', () => {
  it('is not taken from how fast purchases come', () => {
    const { load, step } = simulation(2)
    for (let n = 0; n < 20; n += 1) step(25, undefined, 25)
    expect(load.drainPerS()).toBe(0)
    step(0, undefined, 5_000)
    for (let n = 0; n < 4; n += 1) step(1_000)
    expect(load.drainPerS()).toBeGreaterThan(3_000)
  })

  it('follows a change of the load within a second', () => {
    const { load, step } = simulation(100_000)
    for (let n = 0; n < 20; n += 1) step(100)
    for (let n = 0; n < 4; n += 1) step(300)
    // A mean over four seconds would say 600.
    expect(load.drainPerS()).toBeGreaterThan(900)
  })

  it('is known at the second look when a queue moves again, however long it stood still', () => {
    const { load, step } = simulation(100_000)
    for (let n = 0; n < 20; n += 1) step(0)
    // The first look comes just after it began.
    step(1)
    expect(load.drainPerS()).toBe(0)
    step(250)
    expect(load.drainPerS()).toBeGreaterThan(500)
    for (let n = 0; n < 4; n += 1) step(250)
    expect(load.drainPerS()).toBeGreaterThan(800)
  })

  it('is known of a queue that settles once a second only', () => {
    const { load, step } = simulation(100_000)
    for (let n = 0; n < 20; n += 1) step(n % 4 === 3 ? 400 : 0)
    expect(Math.abs(load.drainPerS() - 400)).toBeLessThan(60)
  })

  it('is 0 once the queue stands still', () => {
    const { load, step } = simulation(10_000)
    for (let n = 0; n < 4; n += 1) step(100)
    expect(load.drainPerS()).toBe(400)
    for (let n = 0; n < 5; n += 1) step(0)
    expect(load.drainPerS()).toBe(0)
  })
})

describe('watching the queues', () => {
  const alone: SharedSpeed = { told: async () => undefined, tell: () => undefined }
  let watched: { close(): void } | undefined
  afterEach(() => watched?.close())

  it('keeps the last look while Redis is away', async () => {
    let looks = 0
    const queue: WatchedQueue = {
      getJobCounts: async () => {
        looks += 1
        if (looks > 2) throw new Error('away')
        return { waiting: 990, active: 10, delayed: 0 }
      },
      getMetrics: async () => ({ meta: { count: 5, prevTS: 0, prevCount: 0 }, data: [], count: 0 }),
    }
    const load = watchQueueLoad([queue], alone)
    watched = load
    await expect.poll(() => looks, { timeout: 10_000 }).toBeGreaterThan(3)
    expect(load.depth()).toBe(1_000)
    expect(load.takeTicket()).toBe(1_005)
  })
})
