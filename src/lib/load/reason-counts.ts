import { keepReasons } from './kept-names.ts'

/** How often each of a bounded number of reasons was given. */
export interface ReasonCounts {
  add(reason: string, times?: number): void
  readonly counts: ReadonlyMap<string, number>
  /** Returns the counts, and begins anew. */
  take(): Readonly<Record<string, number>>
}

/** Counts of no reasons yet. */
export function createReasonCounts(): ReasonCounts {
  const counts = new Map<string, number>()
  const nameOf = keepReasons()
  return {
    counts,
    add(reason, times = 1) {
      const name = nameOf(reason)
      counts.set(name, (counts.get(name) ?? 0) + times)
    },
    take() {
      const taken = Object.fromEntries(counts)
      counts.clear()
      return taken
    },
  }
}
