/** Characters of an input that a sentence repeats, at most. */
export const mostOfQuote = 200

/** Cuts an input to what a sentence repeats of it. */
export function cite(given: string): string {
  return cutTo(mostOfQuote, given)
}

/** Cuts an input and quotes it, for a sentence that goes on behind it. */
export function quoted(given: string): string {
  return JSON.stringify(cite(given))
}

/** Cuts a text that is longer than `most` characters, and marks the cut. */
export function cutTo(most: number, text: string): string {
  return text.length <= most ? text : `${text.slice(0, most - 3).toWellFormed()}...`
}
