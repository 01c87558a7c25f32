/** How many characters a text has, as the columns of all databases count them: code points. */
export function lengthOf(text: string): number {
  // A character of two UTF-16 units is one surrogate pair.
  return text.length - (text.match(surrogatePairs)?.length ?? 0)
}

const surrogatePairs = /[\ud800-\udbff][\udc00-\udfff]/g

/** Whether every database can store it: none takes U+0000 and halves of surrogate pairs. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/** The beginning of a text that every database can store, with at most `max` UTF-16 units. */
export function cut(text: string, max: number): string {
  return text.replaceAll('\0', '\uFFFD').slice(0, max).toWellFormed()
}
