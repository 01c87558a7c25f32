import type { Table } from '../ports/database.ts'

/** A piece of the journal's text; the row before the first, `leasePart`, says who works on it. */
export interface JournalPart {
  readonly part: number
  readonly text: string
}

export interface StoredBlock {
  readonly block: number
}

/** Characters in one row. */
export const partLength = 8000
const integer = { type: 'integer' } as const
const alone = { unique: [], indexes: [], references: [] } as const

/** The journal's text, and its lease. */
export const parts: Table<JournalPart> = {
  name: 'rushbench_seeding',
  columns: { part: integer, text: { type: 'text', maxLength: partLength } },
  primaryKey: 'part',
  ...alone,
}

/** A row for each block that is stored. */
export const storedBlocks: Table<StoredBlock> = {
  name: 'rushbench_seeded_blocks',
  columns: { block: integer },
  primaryKey: 'block',
  ...alone,
}
