/**
 * Adjusts the p-values of a family of tests, so that those below a level hold all together at that level
 * (Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics
 * 1979). In the order given.
 */
export function adjustByHolm(ps: readonly number[]): number[] {
  const ascending = ps.map((_, index) => index).sort((a, b) => (ps[a] as number) - (ps[b] as number))
  const adjusted = [...ps]
  let largest = 0
  for (const [before, index] of ascending.entries()) {
    largest = Math.max(largest, Math.min(1, (ps.length - before) * (ps[index] as number)))
    adjusted[index] = largest
  }
  return adjusted
}
