import { writeFile } from 'node:fs/promises'
import { reportSchema } from '../src/lib/record/record.ts'

// The published contract is written from the types, so that the two cannot differ.
await writeFile(
  new URL('../schema/report.v1.schema.json', import.meta.url),
  `${JSON.stringify(reportSchema, null, 2)}\n`,
)
