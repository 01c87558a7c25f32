import type { Database } from '../databases/port.ts'
import type { BookingsTable } from './booking-tables.ts'
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
  const { table, key, resource, status } = bookings
  const ofStatus = (status && bookings.canonical?.(status.column)) ?? asWritten
  const booked = new Set(status?.booked.map(ofStatus))
  const columns = [table.primaryKey, key, resource, ...(status ? [status.column] : [])]
  const { text, nextId } = createColumns(database, table)
  for await (const row of database.store.scan(table, columns)) {
    const id = nextId(row)
    if (status && !booked.has(ofStatus(text(row, status.column)))) continue
    yield { id, key: text(row, key), resource: text(row, resource) }
  }
}
