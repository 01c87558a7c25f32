/** Lets so many pass at once, and then so many a second. */
export function createBudget(atOnce: number, perSecond: number): () => boolean {
  let left = atOnce
  let countedAt = performance.now()
  return () => {
    const now = performance.now()
    left = Math.min(atOnce, left + ((now - countedAt) / 1000) * perSecond)
    countedAt = now
    if (left < 1) return false
    left--
    return true
  }
}
