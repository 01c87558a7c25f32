import type { AnyTable } from '../ports/database.ts'
import type { Canonical } from './canonical.ts'

/** Where a database keeps bookings, and what there is to be booked. */
export interface BookingTables {
  readonly bookings: BookingsTable
  /** Null where nothing says how often something may be booked. */
  readonly resources: ResourcesTable | null
}

/** One row a booking; the primary key is what the API calls it. All others are names of columns. */
export interface BookingsTable {
  readonly table: AnyTable
  /** What the client called its attempt. */
  readonly key: string
  /** What was booked. */
  readonly resource: string
  /** Which rows count: those where this column has one of the values. All rows when it is left out. */
  readonly status?: { readonly column: string; readonly booked: readonly string[] }
  /** What each column compares by; as it is written when it is left out. */
  readonly canonical?: (column: string) => Canonical
  /** Keys may be equal by a collation of which only the database knows all. */
  readonly hasLooseKeys?: boolean
}

/** The columns that are held against a ledger, or against the mapping. */
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
  /** What each column compares by; as it is written when it is left out. */
  readonly canonical?: (column: string) => Canonical
}
