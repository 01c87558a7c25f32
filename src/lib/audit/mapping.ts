import { z } from 'zod'

/** Names as the SQL builder takes them for one name: it reads more into dots and spaces. */
const name = z.string().regex(/^[\p{L}\p{N}_$-]{1,128}$/u)
const tableName = z.string().regex(/^[\p{L}\p{N}_$-]{1,128}(\.[\p{L}\p{N}_$-]{1,128})?$/u)

/** As the audit compares it. */
const storedValue = z.union([z.string(), z.number(), z.boolean()]).transform(String)

const mapping = z.strictObject({
  bookings: z.strictObject({
    table: tableName,
    id: name.default('id'),
    key: name,
    resource: name,
    status: z.strictObject({ column: name, booked: z.array(storedValue).min(1) }).optional(),
  }),
  resources: z
    .strictObject({
      table: tableName,
      id: name.default('id'),
      capacity: z.union([name, z.number().int().min(1)]),
      available: name.optional(),
    })
    .optional(),
})

/** Where somebody else's database keeps bookings, and what there is to be booked: names of tables and columns. */
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
