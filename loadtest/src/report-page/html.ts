/** Text that is HTML already. Made by `html` and `trusted` only. */
export interface Html {
  readonly markup: string
}

type Value = string | number | Html | readonly Html[]

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const isHtml = (value: Value): value is Html => typeof value === 'object' && 'markup' in value

const markupOf = (value: Value): string => {
  if (typeof value === 'string' || typeof value === 'number')
    return String(value).replace(/[&<>"']/g, (character) => entities[character] ?? character)
  return isHtml(value) ? value.markup : value.map(({ markup }) => markup).join('\n')
}

/** A template whose values are escaped, for text and quoted attributes, unless they are HTML already. */
export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html => ({
  markup: String.raw({ raw: parts }, ...values.map(markupOf)),
})

/** Takes text as HTML. Only for text of our own. */
export const trusted = (markup: string): Html => ({ markup })

export const nothing: Html = { markup: '' }

/** JSON for the inside of a script element, which no text in it can end: `<` is written as an escape. */
export const embeddedJson = (value: unknown): Html => ({
  markup: JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029'),
})
