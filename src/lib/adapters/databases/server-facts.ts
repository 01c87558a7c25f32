import type { ConnectedFacts, ServerFacts, TableFacts } from '../../ports/database-facts.ts'
import { describeDifference, describeExtras } from './table-shapes.ts'
import { compareOwnTables } from './migrate.ts'
import type { AnyTable, Database } from '../../ports/database.ts'

type CatalogRow = Readonly<Record<string, unknown>>

/** A number of bytes that a server has written as a text or a number; null for what is none. */
export function bytesOf(value: unknown): number | null {
  if (value === null || value === undefined) return null
  const bytes = Number(value)
  return Number.isFinite(bytes) && bytes >= 0 ? bytes : null
}

/** A row of `name`, `row_count`, `bytes` and `index_bytes` as facts; of `indexes`, those whose `of_table` it is. */
export function describeTable(row: CatalogRow, indexes: readonly CatalogRow[]): TableFacts {
  return {
    name: String(row['name']),
    rows: bytesOf(row['row_count']),
    bytes: bytesOf(row['bytes']),
    indexBytes: bytesOf(row['index_bytes']),
    indexes: indexes
      .filter((index) => index['of_table'] === row['name'])
      .map((index) => ({ name: String(index['name']), bytes: bytesOf(index['bytes']) })),
  }
}

/** Rows of `select who, count(*) as connections` as facts. */
export function connectedOf(rows: readonly CatalogRow[]): ConnectedFacts[] {
  return rows.map(({ who, connections }) => ({ who: String(who), connections: Number(connections) }))
}

/** `bytes` of a setting in the unit that people set it in: 134217728 as `128 MiB`. What was measured is formatted as any other size. */
export function withUnit(bytes: string): string {
  const number = Number(bytes)
  const step = [
    { unit: 'GiB', size: 2 ** 30 },
    { unit: 'MiB', size: 2 ** 20 },
    { unit: 'KiB', size: 2 ** 10 },
  ].find(({ size }) => number >= size && number % size === 0)
  return step ? `${number / step.size} ${step.unit}` : bytes
}

/** Reads the server's facts about itself and these tables; null where it cannot be asked, which is no reason to lose a report. */
export async function readFacts(database: Database, tables: readonly AnyTable[]): Promise<ServerFacts | null> {
  try {
    const facts = await database.facts(tables)
    return { ...facts, tables: await withComparisons(database, tables, facts.tables) }
  } catch {
    return null
  }
}

/** Adds how each table compares with what `migrate` makes; nothing where the catalog cannot be read. */
async function withComparisons(
  database: Database,
  tables: readonly AnyTable[],
  facts: readonly TableFacts[],
): Promise<readonly TableFacts[]> {
  try {
    const comparisons = await compareOwnTables(database, tables)
    return facts.map((table) => {
      const { differences = [], extras = [] } = comparisons.get(table.name) ?? {}
      return {
        ...table,
        ...(extras.length > 0 && { extras: describeExtras(extras) }),
        ...(differences.length > 0 && { differences: differences.map((each) => describeDifference(table.name, each)) }),
      }
    })
  } catch {
    return facts
  }
}
