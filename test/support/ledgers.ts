import { auditBookings } from '../../src/lib/audit/audit-bookings.ts'
import type { BookingTables } from '../../src/lib/audit/booking-tables.ts'
import type { Database } from '../../src/lib/ports/database.ts'
import type { CountingLedger } from '../../src/lib/load/ledger/ledger.ts'
import type { LedgerEntries, LedgerEntry } from '../../src/lib/ports/scenario.ts'
import { bookingTables } from '../../src/lib/workloads/vaccination/tables.ts'
import type { Violation } from '../../src/lib/ports/workload.ts'
import type { Watch } from '../../src/lib/base/progress.ts'

/** Entries as if they had been read from a file. */
export function entriesOf(entries: readonly LedgerEntry[]): LedgerEntries {
  return {
    count: entries.length,
    async *read() {
      yield* entries
    },
  }
}

/** Counts acknowledged and refused bookings among the entries of an audit. */
export function countsOf(entries: readonly LedgerEntry[]): { readonly acknowledged: number; readonly refused: number } {
  const count = (wanted: LedgerEntry['outcome']) => entries.filter(({ outcome }) => outcome === wanted).length
  return { acknowledged: count('booked'), refused: count('conflict') }
}

/** A ledger that forgets all but the counts. */
export function createMemoryLedger(): CountingLedger {
  const counts = { booked: 0, conflict: 0, failed: 0, unknown: 0 }
  return { record: async ({ outcome }) => void counts[outcome]++, counts: () => ({ ...counts }) }
}

/** Follows nothing, and ends nothing early. */
export const unwatched: Watch = { onProgress() {}, signal: new AbortController().signal }

/** Everything that an audit finds; nothing is said of bookings unless there are `entries`. */
export async function findViolations(
  database: Database,
  entries: readonly LedgerEntry[] = [],
  tables: BookingTables = bookingTables,
): Promise<Violation[]> {
  const found: Violation[] = []
  for await (const violation of auditBookings(database, tables, entriesOf(entries), unwatched)) found.push(violation)
  return found
}

/** Broker of audits that need none. */
export const noBroker = (): Promise<never> => Promise.reject(new Error('no broker here'))

/** Pub/sub of workloads that need none. */
export const noPubSub = (): Promise<never> => Promise.reject(new Error('no pub/sub here'))
