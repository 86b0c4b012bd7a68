/** Text that is HTML already. Made by `html` only. */
export interface Html {
  readonly markup: string
}

type Value = string | number | Html | readonly Html[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For text and quoted attributes. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? character)

const isHtml = (value: Value): value is Html => typeof value === 'object' && 'markup' in value

const markupOf = (value: Value): string => {
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value))
  return isHtml(value) ? value.markup : value.map(({ markup }) => markup).join('')
}

/** A template whose values are escaped, for text and quoted attributes, unless they are HTML already. */
export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html => ({
  markup: String.raw({ raw: parts }, ...values.map(markupOf)),
})

export const nothing: Html = { markup: '' }
