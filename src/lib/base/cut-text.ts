/** Characters of what was given that a sentence repeats. */
export const mostOfQuote = 200

/** As much of what was given as a sentence repeats. */
export function cite(given: string): string {
  return cutTo(mostOfQuote, given)
}

/** What was given, in quotes, for a sentence that goes on behind it. */
export function quoted(given: string): string {
  return JSON.stringify(cite(given))
}

/** A text, or as much of it as `most` characters can hold, with a sign that there was more. */
export function cutTo(most: number, text: string): string {
  return text.length <= most ? text : `${text.slice(0, most - 3).toWellFormed()}...`
}
