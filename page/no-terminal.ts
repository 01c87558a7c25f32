/** Stands in for Node's: a page has no terminal that text could steer. */
export function stripVTControlCharacters(text: string): string {
  return text
}
