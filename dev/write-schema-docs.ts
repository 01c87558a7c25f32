import { writeFile } from 'node:fs/promises'
import { meetupsPage, tablesPage } from './schema-docs.ts'

// Pages that a test holds against what they are made of.
const pages = { 'tables.md': await tablesPage(), 'meetups-interfaces.md': await meetupsPage() }
for (const [name, text] of Object.entries(pages)) {
  await writeFile(new URL(`../docs/workloads/${name}`, import.meta.url), text)
}
