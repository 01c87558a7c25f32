import type { Database } from '../ports/database.ts'
import type { LedgerEntries } from '../ports/scenario.ts'
import type { Violation } from '../ports/workload.ts'
import { auditLedger, maxIndexed, passesOf, type CanonicalBooking } from './audit-ledger.ts'
import { auditResources, createTakenCounter } from './audit-resources.ts'
import { type BookingTables, findBookings, scanBookings } from './booking-tables.ts'
import { asWritten, type Canonical } from './canonical.ts'
import { type Watch, createYielder } from '../base/progress.ts'

/**
 * Checks the ledger and the invariants against the database: what `auditLedger` says, and nothing has more bookings
 * than places, and what is said to be free is (else `oversold`). Values are equal where their columns take them for it.
 *
 * Memory grows with the resources and with what is wrong, not with the bookings. Throws the signal's reason once it
 * aborts.
 */
export async function* auditBookings(
  database: Database,
  tables: BookingTables,
  ledger: LedgerEntries,
  watch: Watch,
  entriesAtATime: number = maxIndexed,
): AsyncGenerator<Violation> {
  const { bookings, resources } = tables
  const rows = await database.store.count(bookings.table)
  const yielder = createYielder(watch, (rows + ledger.count) * passesOf(ledger, entriesAtATime))
  const resourceOf = resourceCanonical(tables)
  const counter = createTakenCounter(resourceOf)
  const stored = {
    scan: () => scanBookings(database, bookings),
    canonical: bookingCanonical(tables, resourceOf),
    ...(bookings.hasLooseKeys === true && {
      find: (keys: readonly string[]) => findBookings(database, bookings, keys),
    }),
    // Keys of our own tables are new in every run.
    mayBeOlder: bookings.canonical !== undefined,
    ...(resources ? { onBooking: counter.add } : {}),
  }
  yield* auditLedger(stored, ledger, yielder, entriesAtATime)
  if (resources) yield* auditResources(database, bookings, resources, { taken: counter.taken, resourceOf }, yielder)
}

/** Both tables name what is booked, and their columns may differ. */
function resourceCanonical({ bookings, resources }: BookingTables): Canonical {
  const booked = bookings.canonical?.(bookings.resource) ?? asWritten
  const listed = resources?.canonical?.(resources.table.primaryKey) ?? asWritten
  return (text) => listed(booked(text))
}

function bookingCanonical({ bookings }: BookingTables, resourceOf: Canonical): CanonicalBooking | null {
  const { canonical, table } = bookings
  if (!canonical) return null
  const keyOf = canonical(bookings.key)
  const idOf = canonical(table.primaryKey)
  return (named) => ({
    ...named,
    key: keyOf(named.key),
    resource: resourceOf(String(named.resource)),
    ...(named.id === undefined ? {} : { id: idOf(String(named.id)) }),
  })
}
