/** Sentences of the shop window, whose scripts are JavaScript for browsers. */
import { expect, test } from 'vitest'

interface Purchase {
  placeText(view: { status?: string; aheadEstimate?: number; etaMs?: number }): string
}
const { placeText } = (await import(
  new URL('../src/pages/shop/purchase.js', import.meta.url).href
)) as Purchase

test.each([
  [{ status: 'settling' }, 'Your turn: being decided now.'],
  [{ status: 'settling', aheadEstimate: 3, etaMs: 400 }, 'Your turn: being decided now.'],
  [{}, 'Your place is kept.'],
  [{ status: 'queued', etaMs: 400 }, 'Your place is kept.'],
  [{ status: 'queued', aheadEstimate: 12 }, '12 ahead of you.'],
  [{ status: 'queued', aheadEstimate: 12, etaMs: 400 }, '12 ahead of you, about 0.4 s.'],
  [{ status: 'waiting_for_lock', aheadEstimate: 0, etaMs: 0 }, 'You are next, about 0.1 s.'],
  [{ status: 'waiting_for_lock', aheadEstimate: 0 }, 'You are next.'],
  [{ status: 'queued', aheadEstimate: 1, etaMs: 949 }, '1 ahead of you, about 0.9 s.'],
  [{ status: 'queued', aheadEstimate: 1, etaMs: 950 }, '1 ahead of you, about 1 s.'],
  [{ status: 'queued', aheadEstimate: 90_000, etaMs: 61_400 }, '90000 ahead of you, about 61 s.'],
])('%j reads: %s', (view, text) => {
  expect(placeText(view)).toBe(text)
})
