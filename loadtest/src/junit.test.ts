import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runOf } from '../test/example-run.ts'
import { renderJunit, xmlText } from './junit.ts'

const date = '2026-11-23T12:00:00.000Z'

test('an exact run: a passed case for each invariant', () => {
  expect(renderJunit([runOf('locked', 100)], date)).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="flash sale load test" tests="7" failures="0" errors="0" skipped="0" time="0.001">
      <testsuite name="load test, locked" timestamp="2026-11-23T12:00:00.000Z" tests="7" failures="0" errors="0" skipped="0" time="0.001">
        <testcase classname="load test, locked" name="final stock"/>
        <testcase classname="load test, locked" name="sum of stock movements"/>
        <testcase classname="load test, locked" name="orders in the database"/>
        <testcase classname="load test, locked" name="oversold"/>
        <testcase classname="load test, locked" name="undersold"/>
        <testcase classname="load test, locked" name="lost"/>
        <testcase classname="load test, locked" name="duplicates"/>
        <system-out>Every invariant holds: 100 units sold, 0 left.</system-out>
      </testsuite>
    </testsuites>
    "
  `)
})

test('a broken run: what was expected, and what was got', () => {
  const xml = renderJunit([runOf('naive', 200)], date)
  expect(xml).toContain('<testsuites name="flash sale load test" tests="7" failures="3" ')
  expect(xml).toContain('<failure message="expected none, got 100">expected none, got 100</failure>')
})

test('naive beside locked: that naive oversells is no failure', () => {
  const xml = renderJunit([runOf('naive', 200), runOf('locked', 100)], date)
  expect(xml).toContain('<testsuites name="flash sale load test" tests="8" failures="0" ')
  expect(xml).toContain('name="locked is exact and naive is not"/>')
})

test('naive beside locked: that naive is exact, or locked is not, is a failure', () => {
  expect(renderJunit([runOf('naive', 100), runOf('locked', 100)], date)).toContain('tests="8" failures="1"')
  expect(renderJunit([runOf('naive', 200), runOf('locked', 101)], date)).toContain('failures="4"')
})

test.each([
  [`<a href="x">'&'</a>`, '&lt;a href=&quot;x&quot;&gt;&apos;&amp;&apos;&lt;/a&gt;'],
  ['two\nlines\tand\r', 'two&#10;lines&#9;and&#13;'],
  ['a\0b\x1bc\uffffd', 'a\ufffdb\ufffdc\ufffdd'],
  ['half \ud83d of a pair, and 😀', 'half \ufffd of a pair, and 😀'],
  [']]>', ']]&gt;'],
])('%j in XML', (text, xml) => {
  expect(xmlText(text)).toBe(xml)
})

test('whatever the text, what comes out is well-formed', () => {
  const characters = fc.string({
    unit: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\0', '\ud800', '&', '<')),
  })
  fc.assert(
    fc.property(characters, (text) => {
      const xml = xmlText(text)
      expect(xml).toMatch(
        /^(?:[^&<>"'\p{Cs}\p{Cc}\uFFFE\uFFFF]|[\x7f-\x9f]|&(?:amp|lt|gt|quot|apos|#9|#10|#13);)*$/u,
      )
    }),
  )
})
