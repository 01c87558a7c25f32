import type { AuditMapping } from '../config/audit-mapping.ts'
import type { AnyTable, Column, Database } from '../databases/port.ts'
import { failure, reasonOf, RushbenchError } from '../errors.ts'
import type { Workload } from '../workloads/workload.ts'
import { auditBookings } from './audit-bookings.ts'
import type { BookingTables } from './booking-tables.ts'

/** An audit of tables that are somebody else's, and only read. Throws `mapping-wrong` where they are not as mapped. */
export function createMappedAudit(mapping: AuditMapping): Workload['audit'] {
  const tables = mappedTables(mapping)
  return async function* auditMapped(database, ledger, watch) {
    await requireColumns(database, tables.bookings.table)
    if (tables.resources) await requireColumns(database, tables.resources.table)
    yield* auditBookings(database, tables, ledger, watch)
  }
}

function mappedTables({ bookings, resources }: AuditMapping): BookingTables {
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

function mappedResources({ table, id, capacity, available }: NonNullable<AuditMapping['resources']>) {
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

async function requireColumns(database: Database, table: AnyTable): Promise<void> {
  try {
    await database.store.find(table, {}, { limit: 1 })
  } catch (error) {
    if (error instanceof RushbenchError) throw error
    throw failure('mapping-wrong', { url: database.url, reason: reasonOf(error) }, error)
  }
}
