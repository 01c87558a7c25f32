import { describeDifference, describeExtras } from './compare-shapes.ts'
import { compareOwnTables } from './migrate.ts'
import type { AnyTable, Database } from '../../ports/database.ts'
import type { ServerFacts, TableFacts } from '../../ports/database-facts.ts'

/** What the server says of itself and of these tables; null where it cannot be asked, which is no reason to lose a report. */
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
