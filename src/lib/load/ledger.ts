import type { Ledger, LedgerEntry, Outcome } from './scenario.ts'

/** Attempts by what became of them. */
export type OutcomeCounts = Readonly<Record<Outcome, number>>

/** A ledger that counts what it is told. */
export interface CountingLedger extends Ledger {
  counts(): OutcomeCounts
}

/** A ledger in this process's memory. */
export function createMemoryLedger(): CountingLedger {
  const entries: LedgerEntry[] = []
  const counts = { booked: 0, conflict: 0, failed: 0, unknown: 0 }
  return {
    async record(entry) {
      entries.push(entry)
      counts[entry.outcome]++
    },
    entries: () => entries,
    counts: () => ({ ...counts }),
  }
}
