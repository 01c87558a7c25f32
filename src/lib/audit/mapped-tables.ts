import type { AuditMapping } from './mapping.ts'
import type { AnyTable, Column } from '../ports/database.ts'
import type { BookingTables, ResourcesTable } from './booking-tables.ts'

/** What the audit reads of tables that are somebody else's. */
export function mappedTables({ bookings, resources }: AuditMapping): BookingTables {
  const { key, resource, status } = bookings
  return {
    bookings: {
      table: describeTable(bookings.table, bookings.id, [key, resource, ...(status ? [status.column] : [])]),
      key,
      resource,
      ...(status ? { status } : {}),
    },
    resources: resources ? mappedResources(resources) : null,
  }
}

function mappedResources({ table, id, capacity, available }: NonNullable<AuditMapping['resources']>): ResourcesTable {
  const columns = [capacity, available].filter((column) => typeof column === 'string')
  return { table: describeTable(table, id, columns), capacity, ...(available === undefined ? {} : { available }) }
}

/** Only what makes tables asks for the types of their columns. */
const anyColumn: Column = { type: 'text', maxLength: 0 }

function describeTable(name: string, id: string, columns: readonly string[]): AnyTable {
  return {
    name,
    columns: Object.fromEntries([id, ...columns].map((column) => [column, anyColumn])),
    primaryKey: id,
    unique: [],
    indexes: [],
    references: [],
  }
}
