import type { AnyTable, ColumnCollation, Database } from '../ports/database.ts'
import { decimalOf } from '../base/decimal.ts'
import { failure } from '../base/errors/errors.ts'

/** Turns values that a column takes for equal into the same text, for comparison alone. */
export type Canonical = (text: string) => string

/** The canonicals of a table's columns. */
interface ColumnCanonicals {
  /** The text that a column compares by. */
  canonical(column: string): Canonical
  /** Whether a column may take more texts for equal than its canonical does: only the database knows all of its collation. */
  isLoose(column: string): boolean
}

/** Compares values as they are written. */
export const asWritten: Canonical = (text) => text

/**
 * Reads how these columns of a table, perhaps somebody else's, compare. Throws `mapping-wrong` for a column that cannot be
 * checked against the texts and numbers of a ledger.
 */
export async function readCanonicals(
  database: Database,
  table: AnyTable,
  columns: readonly string[],
): Promise<ColumnCanonicals> {
  const collations = await database.collations(table)
  const canonicals = new Map<string, Canonical>()
  for (const column of columns) {
    const collation = collations.get(column)
    if (!collation) continue
    if (collation.compares === 'other') {
      const reason = `${table.name}.${column} is ${collation.type}, which cannot be checked against the texts and whole numbers of a ledger`
      throw failure('mapping-wrong', { url: database.url, reason })
    }
    canonicals.set(column, canonicalOf(collation))
  }
  return {
    canonical: (column) => canonicals.get(column) ?? asWritten,
    isLoose: (column) => collations.get(column)?.ignoresCase === 'all',
  }
}

/** The text that a column of this collation compares by. */
export function canonicalOf(collation: ColumnCollation): Canonical {
  if (collation.compares === 'number') return (text) => decimalOf(text) ?? text
  if (collation.compares === 'uuid')
    return (text) => (uuid.test(text) ? text.replaceAll(/[{}-]/g, '').toLowerCase() : text)
  const { ignoresCase, ignoresAccents, ignoresEndSpaces } = collation
  const steps: Canonical[] = [
    ...(ignoresEndSpaces ? [withoutEndSpaces] : []),
    ...(ignoresAccents ? [withoutAccents] : []),
    ...(ignoresCase === 'ascii' ? [inLowerAscii] : []),
    ...(ignoresCase === 'all' ? [inLowerCase] : []),
  ]
  return (text) => steps.reduce((changed, step) => step(changed), text)
}

const uuid = /^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i

/** Without a regular expression, whose time would grow with the square of the spaces within. */
function withoutEndSpaces(text: string): string {
  let end = text.length
  while (text.charCodeAt(end - 1) === 0x20) end--
  return text.slice(0, end)
}

function withoutAccents(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '')
}

function inLowerAscii(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function inLowerCase(text: string): string {
  return text.toLowerCase()
}
