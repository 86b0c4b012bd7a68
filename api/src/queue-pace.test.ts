import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { constantPace, nextPace, type Pace, paceAt } from './queue-pace.ts'

const steady = constantPace(1_000)
const measured = { perS: 1_000, settled: 5_000, accepted: 15_000, load: 'same' as const }

describe('what is shown after a look', () => {
  it('stays while the speed wavers', () => {
    expect(nextPace(steady, { ...measured, perS: 1_049 })).toBe(steady)
    expect(nextPace(steady, { ...measured, perS: 951 })).toBe(steady)
  })

  it('is announced before it changes, so that all processes change at the same purchase', () => {
    const faster = nextPace(steady, { ...measured, perS: 1_200 })
    // 0.6 s later.
    expect(paceAt(faster, 5_600)).toBe(1_000)
    expect(paceAt(faster, 5_601)).toBe(1_200)
  })

  it.each(['same', 'new'] as const)('falls slowly, when the load is %s', (load) => {
    const slower = nextPace(steady, { ...measured, perS: 800, load })
    expect(paceAt(slower, 5_600)).toBe(1_000)
    // A fifth of the 9,400 that wait then, and half as much again.
    expect(paceAt(slower, 5_600 + 1_410)).toBeCloseTo(900, 6)
    expect(paceAt(slower, 5_600 + 2_820)).toBe(800)
  })

  it.each([1_200, 800])('is not changed to %i while a change is under way', (perS) => {
    const slower = nextPace(steady, { ...measured, perS: 900 })
    expect(nextPace(slower, { ...measured, settled: 5_650, perS })).toBe(slower)
    expect(nextPace(slower, { ...measured, settled: 8_000, perS: 1_200 }).toPerS).toBe(1_200)
  })

  test.each<[string, Pace, object, number]>([
    ['another load is shown at once', steady, { perS: 1_401 }, 1_401],
    ['a queue that stands still', steady, { perS: 0 }, 0],
    ['one that begins to move', constantPace(0), { perS: 3 }, 3],
    ['what is not known well yet', steady, { perS: 990, load: 'starting' }, 990],
    ['a rise of a load that is new', steady, { perS: 1_010, load: 'new' }, 1_010],
  ])('%s', (_name, pace, seen, perS) => {
    const next = nextPace(pace, { ...measured, ...seen })
    expect([0, 5_000, 1e9].map((settled) => paceAt(next, settled))).toEqual([perS, perS, perS])
  })
})

it('never lengthens the time to go of a purchase that waits, whatever is measured short of another load', () => {
  const changes = fc.array(fc.double({ min: 0.75, max: 1.2, noNaN: true }), { minLength: 30, maxLength: 30 })
  fc.assert(
    fc.property(changes, fc.integer({ min: 50, max: 100_000 }), (factors, waiting) => {
      let pace: Pace = constantPace(1_000)
      let before = Number.POSITIVE_INFINITY
      const step = waiting / (factors.length * 8)
      factors.forEach((factor, look) => {
        const settled = look * step * 8
        pace = nextPace(pace, { perS: 1_000 * factor, settled, accepted: waiting, load: 'same' as const })
        for (let part = 0; part < 8; part += 1) {
          const at = settled + part * step
          const leftS = (waiting - at) / paceAt(pace, at)
          expect(leftS).toBeLessThanOrEqual(before + 1e-9)
          before = leftS
        }
      })
    }),
    { numRuns: 300 },
  )
})
