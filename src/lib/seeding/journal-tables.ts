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

/** The tables of a journal. */
export interface JournalTables {
  /** The journal's text, and its lease. */
  readonly parts: Table<JournalPart>
  /** A row for each block that is stored. */
  readonly storedBlocks: Table<StoredBlock>
}

/** The tables of a journal by their names. */
export function journalTables(parts: string, storedBlocks: string): JournalTables {
  return {
    parts: {
      name: parts,
      columns: { part: integer, text: { type: 'text', maxLength: partLength } },
      primaryKey: 'part',
      ...alone,
    },
    storedBlocks: { name: storedBlocks, columns: { block: integer }, primaryKey: 'block', ...alone },
  }
}
