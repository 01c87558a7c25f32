import { writeFile } from 'node:fs/promises'
import { jsonSchemaOf } from '../src/lib/base/json-schema.ts'
import { Report } from '../src/lib/record/record.ts'
import { messageJsonSchema } from '../src/lib/workloads/orders/order.ts'

// The published contracts are written from the types, so that the two cannot differ.
const schemas = { 'report.v1': jsonSchemaOf(Report, 'draft-2020-12'), 'order-message.v1': messageJsonSchema() }
for (const [name, schema] of Object.entries(schemas)) {
  await writeFile(new URL(`../schema/${name}.schema.json`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`)
}
