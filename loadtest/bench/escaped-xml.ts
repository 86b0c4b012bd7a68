const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text as it may stand in XML and HTML, also within quotation marks. */
export const escapedXml = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => entities[character] ?? '')
