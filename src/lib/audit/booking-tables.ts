import type { AnyTable, Database, Value } from '../ports/database.ts'
import { type Canonical, asWritten } from './canonical.ts'
import { failure } from '../base/errors/errors.ts'

/** The tables in which a database keeps bookings and bookable resources. */
export interface BookingTables {
  readonly bookings: BookingsTable
  /** Null where nothing says how often something may be booked. */
  readonly resources: ResourcesTable | null
}

/** One row a booking; the primary key is what the API calls it. All others are names of columns. */
export interface BookingsTable {
  readonly table: AnyTable
  /** The client's name for its attempt. */
  readonly key: string
  /** The resource that was booked. */
  readonly resource: string
  /** The rows that count are those where this column has one of the values; all rows when it is left out. */
  readonly status?: { readonly column: string; readonly booked: readonly string[] }
  /** The text that each column compares by; as it is written when it is left out. */
  readonly canonical?: (column: string) => Canonical
  /** Keys may be equal by a collation of which only the database knows all. */
  readonly hasLooseKeys?: boolean
}

/** The columns that are checked against a ledger, or against the mapping. */
export function columnsOf({ table, key, resource, status }: BookingsTable): string[] {
  return [table.primaryKey, key, resource, ...(status ? [status.column] : [])]
}

/** One row for each slot, seat or show; the primary key is what bookings refer to. */
export interface ResourcesTable {
  readonly table: AnyTable
  /** The column that says how many bookings there may be, or that number when it is the same for all. */
  readonly capacity: string | number
  /** The column that says how many more there may be, where there is one. */
  readonly available?: string
  /** The text that each column compares by; as it is written when it is left out. */
  readonly canonical?: (column: string) => Canonical
}

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

/** The bookings that the database itself finds under one of `keys`. */
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

/** Returns a function that tells whether a row counts, given how to read its columns. */
function statusFilter({ status, canonical }: BookingsTable): (textOf: (column: string) => string) => boolean {
  if (!status) return () => true
  const ofStatus = canonical?.(status.column) ?? asWritten
  const booked = new Set(status.booked.map(ofStatus))
  return (textOf) => booked.has(ofStatus(textOf(status.column)))
}

type Row = Readonly<Record<string, Value | undefined>>

/** Reads the columns of a table that is perhaps somebody else's, in the order of a scan. */
export interface Columns {
  /** Compared as text, since a ledger has the API's JSON and the database its own types; empty for null. */
  text(row: Row, column: string): string
  /** The primary key. */
  nextId(row: Row): string
  number(row: Row, column: string): number
}

/** Throws `mapping-wrong` for whatever is not in the table, or is of no use for an audit. */
export function createColumns(database: Database, table: AnyTable): Columns {
  const refuse = (column: string, reason: string): Error =>
    failure('mapping-wrong', { url: database.url, reason: `${table.name}.${column} ${reason}` })

  function valueOf(row: Row, column: string): Value {
    const value = row[column]
    if (value === undefined) throw refuse(column, 'is not there')
    return value
  }

  function text(row: Row, column: string): string {
    const value = valueOf(row, column)
    if (typeof value === 'string') return value
    if (Buffer.isBuffer(value)) throw refuse(column, 'has bytes, neither texts nor whole numbers')
    // The driver has rounded it, so that it is no longer the number that the API said.
    if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      throw refuse(column, 'has numbers past 2^53')
    }
    return value === null ? '' : String(value)
  }

  let lastId: string | null = null
  return {
    text,
    nextId(row) {
      const id = text(row, table.primaryKey)
      // A scan goes on behind the last one it has seen, and would leave out others that are equal.
      if (id === lastId) throw refuse(table.primaryKey, `has ${id === '' ? 'nothing' : id} twice; it must be unique`)
      return (lastId = id)
    },
    number(row, column) {
      const value = valueOf(row, column)
      const number = Number(value)
      if (value === null || Number.isNaN(number)) throw refuse(column, `has ${value}, which is no number`)
      return number
    },
  }
}
