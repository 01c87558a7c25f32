/**
 * Whether a name is like a pattern, in which `*` stands for any text and `?` for one character. However many `*` there are,
 * it takes no longer than the product of both lengths.
 */
export function isLike(name: string, pattern: string): boolean {
  let at = 0
  let inName = 0
  /** The last `*`, and how much of the name it takes so far. */
  let star: { readonly at: number; end: number } | null = null
  while (inName < name.length) {
    if (pattern[at] === '*') {
      star = { at: at++, end: inName }
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[inName])) {
      at++
      inName++
    } else if (star) {
      at = star.at + 1
      inName = ++star.end
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
