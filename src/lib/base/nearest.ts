/**
 * Returns the word that `typed` was probably meant to be: the one it begins, or the one that the fewest wrong, missing,
 * superfluous or swapped letters lead to. Null when more than a third of its letters would have to change.
 */
export function nearestWord(typed: string, known: readonly string[]): string | null {
  const begun = known.filter((word) => typed.length >= 3 && word.startsWith(typed))
  const allowed = Math.max(1, Math.floor(typed.length / 3))
  const candidates = begun.length > 0 ? begun : known.filter((word) => editsBetween(typed, word) <= allowed)
  const [first] = [...candidates].sort((a, b) => editsBetween(typed, a) - editsBetween(typed, b))
  return first ?? null
}

/** The fewest letters to add, drop, change or swap with their neighbour that make one word of the other. */
function editsBetween(from: string, to: string): number {
  let before: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let column = 1; column <= to.length; column++) {
      const cost = from[row - 1] === to[column - 1] ? 0 : 1
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      next[column] = Math.min(
        last[column]! + 1,
        next[column - 1]! + 1,
        last[column - 1]! + cost,
        isSwapped ? before[column - 2]! + 1 : Infinity,
      )
    }
    before = last
    last = next
  }
  return last[to.length]!
}
