/** Colours for a terminal; each gives its text back unchanged where colour is not wanted. */
export interface Paint {
  good(text: string): string
  bad(text: string): string
  strong(text: string): string
  faint(text: string): string
}

/** Makes the colours of one output. */
export function paintFor(colored: boolean): Paint {
  const code = (open: number, close: number) => (text: string) =>
    colored ? `\x1b[${open}m${text}\x1b[${close}m` : text
  return { good: code(32, 39), bad: code(31, 39), strong: code(1, 22), faint: code(2, 22) }
}
