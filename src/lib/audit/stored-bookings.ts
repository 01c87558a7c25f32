import type { Database } from '../ports/database.ts'
import { columnsOf, type BookingsTable } from './booking-tables.ts'
import { asWritten } from './canonical.ts'
import { createColumns } from './columns.ts'

/** A row of the bookings table, every value as text. */
export interface StoredBooking {
  readonly id: string
  readonly key: string
  readonly resource: string
}

/** Every booking that counts, by its status. Throws `mapping-wrong`. */
export async function* scanBookings(database: Database, bookings: BookingsTable): AsyncGenerator<StoredBooking> {
  const { table, key, resource } = bookings
  const { text, nextId } = createColumns(database, table)
  const counts = statusFilter(bookings)
  for await (const row of database.store.scan(table, columnsOf(bookings))) {
    const id = nextId(row)
    if (counts((column) => text(row, column))) yield { id, key: text(row, key), resource: text(row, resource) }
  }
}

/** Those of them that the database itself takes to have one of `keys`. */
export async function findBookings(
  database: Database,
  bookings: BookingsTable,
  keys: readonly string[],
): Promise<StoredBooking[]> {
  const { table, key, resource } = bookings
  const { text } = createColumns(database, table)
  const counts = statusFilter(bookings)
  const rows = await database.store.find(table, { [key]: { in: keys } }, { columns: columnsOf(bookings) })
  return rows
    .filter((row) => counts((column) => text(row, column)))
    .map((row) => ({ id: text(row, table.primaryKey), key: text(row, key), resource: text(row, resource) }))
}

/** Whether a row counts, whose columns are read by what is handed over. */
function statusFilter({ status, canonical }: BookingsTable): (textOf: (column: string) => string) => boolean {
  if (!status) return () => true
  const ofStatus = canonical?.(status.column) ?? asWritten
  const booked = new Set(status.booked.map(ofStatus))
  return (textOf) => booked.has(ofStatus(textOf(status.column)))
}
