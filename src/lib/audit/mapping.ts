import { z } from 'zod'
import type { AnyTable, Column } from '../ports/database.ts'
import type { BookingTables, ResourcesTable } from './booking-tables.ts'

/** Names as the SQL builder takes them for one name: it reads more into dots and spaces. */
const columnName = z.string().regex(/^[\p{L}\p{N}_$-]{1,128}$/u)
const tableName = z.string().regex(/^[\p{L}\p{N}_$-]{1,128}(\.[\p{L}\p{N}_$-]{1,128})?$/u)

/** As the audit compares it. */
const storedValue = z.union([z.string(), z.number(), z.boolean()]).transform(String)

const mapping = z.strictObject({
  bookings: z.strictObject({
    table: tableName,
    id: columnName.default('id'),
    key: columnName,
    resource: columnName,
    status: z.strictObject({ column: columnName, booked: z.array(storedValue).min(1) }).optional(),
  }),
  resources: z
    .strictObject({
      table: tableName,
      id: columnName.default('id'),
      capacity: z.union([columnName, z.number().int().min(1)]),
      available: columnName.optional(),
    })
    .optional(),
})

/** The names of tables and columns in which somebody else's database keeps bookings and bookable resources. */
export type AuditMapping = z.output<typeof mapping>

/** An object in the config file; the same as JSON text elsewhere. */
export const auditMapping: z.ZodType<AuditMapping> = z
  .union([z.record(z.string(), z.unknown()), z.string().transform(parseJson)])
  .pipe(mapping)

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue('it is not whole JSON')
    return z.NEVER
  }
}

/** The tables of a mapping, as the audit reads them. */
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
