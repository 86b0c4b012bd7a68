import fc from 'fast-check'
import { expect, test } from 'vitest'
import { embeddedJson, html, trusted } from './html.ts'

test('values are escaped, HTML is not', () => {
  const row = (text: string) => html`<td title="${text}">${text}</td>`
  expect(
    html`<tr>${[row('a & "b"'), row(`<img src=x onerror='alert(1)'>`)]}${7}${trusted('<br>')}</tr>`.markup,
  ).toBe(
    '<tr><td title="a &amp; &quot;b&quot;">a &amp; &quot;b&quot;</td>\n' +
      '<td title="&lt;img src=x onerror=&#39;alert(1)&#39;&gt;">&lt;img src=x onerror=&#39;alert(1)&#39;&gt;</td>7<br></tr>',
  )
})

test('a backslash stays one', () => {
  expect(html`<p>\n${'\\n'}</p>`.markup).toBe('<p>\n\\n</p>')
})

test.each(['</script>', '<!--<script>', '\u2028', 'a]]>b', '\\u003c'])('%j embedded in a script', (text) => {
  const { markup } = embeddedJson({ text })
  expect(markup).not.toMatch(/[<>\u2028]/)
  expect(JSON.parse(markup)).toEqual({ text })
})

test('embedded JSON reads as what it was, whatever that was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const { markup } = embeddedJson(value)
      expect(markup).not.toMatch(/[<>]/)
      expect(JSON.parse(markup)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})
