import type { RetryCounts } from '../../ports/database-facts.ts'

/** Counts what is tried again on one database. */
export interface RetryCounter {
  add(reason: string): void
  /** Since it was made. */
  counts(): RetryCounts
}

export function createRetryCounter(): RetryCounter {
  const counts = new Map<string, number>()
  return {
    add: (reason) => void counts.set(reason, (counts.get(reason) ?? 0) + 1),
    counts: () => Object.fromEntries(counts),
  }
}

/** What several have counted. */
export function addRetries(all: readonly RetryCounts[]): RetryCounts {
  const sum: Record<string, number> = {}
  for (const counts of all) {
    for (const [reason, times] of Object.entries(counts)) sum[reason] = (sum[reason] ?? 0) + times
  }
  return sum
}
