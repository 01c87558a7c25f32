import type { Database } from '../databases/port.ts'
import type { LedgerEntries } from '../load/scenario.ts'
import type { Violation, Watch } from '../workloads/workload.ts'
import { auditLedger, maxClaims, partsOf } from './audit-ledger.ts'
import { auditResources, createTally } from './audit-resources.ts'
import type { BookingTables } from './booking-tables.ts'
import { createPace } from './pace.ts'
import { scanBookings } from './stored-bookings.ts'

/**
 * Holds the ledger and the invariants against the database: what `auditLedger` says, and nothing has more bookings
 * than places, and what is said to be free is (else `oversold`).
 *
 * Memory grows with the resources and with what is wrong, not with the bookings. Throws the signal's reason once it
 * aborts.
 */
export async function* auditBookings(
  database: Database,
  { bookings, resources }: BookingTables,
  ledger: LedgerEntries,
  watch: Watch,
  claimsAtATime: number = maxClaims,
): AsyncGenerator<Violation> {
  const rows = await database.store.count(bookings.table)
  const pace = createPace(watch, (rows + ledger.count) * partsOf(ledger, claimsAtATime))
  const tally = createTally()
  const stored = { scan: () => scanBookings(database, bookings), ...(resources ? { onBooking: tally.add } : {}) }
  yield* auditLedger(stored, ledger, pace, claimsAtATime)
  if (resources) yield* auditResources(database, bookings, resources, tally.taken, pace)
}
