import fc from 'fast-check'
import { expect, test } from 'vitest'
import { preferredWaitS } from './prefer-wait.ts'

const waitOf = (prefer: string | undefined): number | undefined =>
  preferredWaitS({ headers: prefer === undefined ? {} : { prefer } })

test.each([
  ['nothing', undefined, undefined],
  ['seconds', 'wait=10', 10],
  ['none', 'wait=0', 0],
  ['leading zeros', 'wait=007', 7],
  ['the most there is', 'wait=30', 30],
  ['more than that', 'wait=31', 30],
  ['far more than that', `wait=${'9'.repeat(400)}`, 30],
  ['quotation marks', 'wait="10"', 10],
  ['any case', 'WAIT=10', 10],
  ['spaces around it', '  wait = 10 ', 10],
  ['parameters, which mean nothing to it', 'wait=10; foo="a;b"', 10],
  ['other preferences', 'respond-async, return=minimal,wait=10', 10],
  ['itself in another preference', 'foo="a, wait=5", wait=10', 10],
  ['itself behind an escaped mark', 'foo="a\\", wait=5", wait=10', 10],
  ['several: the first counts', 'wait=3, wait=10', 3],
  ['several: the first counts, malformed as it is', 'wait=x, wait=10', undefined],
  ['fractions', 'wait=1.5', undefined],
  ['less than nothing', 'wait=-1', undefined],
  ['a sign', 'wait=+1', undefined],
  ['a unit', 'wait=10s', undefined],
  ['no value', 'wait', undefined],
  ['an empty value', 'wait=', undefined],
  ['an empty text', 'wait=""', undefined],
  ['an unclosed mark', 'wait="10', undefined],
  ['another name', 'waits=10', undefined],
  ['an empty header', '', undefined],
])('%s', (_what, prefer, expected) => {
  expect(waitOf(prefer)).toBe(expected)
})

test('whatever is sent: nothing, or whole seconds of 0 to 30', () => {
  const piece = fc.constantFrom('wait', '=', '5', '"', ',', ';', '\\', ' ', '-', '.', 'x')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const waitS = waitOf(pieces.join(''))
      expect(waitS === undefined || (Number.isInteger(waitS) && waitS >= 0 && waitS <= 30)).toBe(true)
    }),
  )
})
