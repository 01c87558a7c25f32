import { compareTables, migrateDown, migrateUp, type TableComparison } from '../adapters/databases/migrate.ts'
import { describeDifference, describeExtras } from '../adapters/databases/table-shapes.ts'
import { formatTable, plain } from '../base/format.ts'
import type { Settings } from '../config/settings.ts'
import { removeJournal, takeOverIfThere } from '../seeding/journal.ts'
import { loadWorkload } from '../workloads/registry.ts'
import { openDatabase, type RunContext } from './run-context.ts'

/** What to do with the tables; without either they are created. */
export interface MigrateRequest {
  readonly down: boolean
  /** Change nothing. */
  readonly status: boolean
}

/** A migration, and the tables as they are after it. */
export interface Migration {
  readonly url: string
  /** Tables that were created or dropped. */
  readonly changed: readonly string[]
  readonly tables: readonly TableComparison[]
  /** Parts of tables that this engine does not support. */
  readonly leftOut: readonly string[]
}

/** Creates the tables of a workload, drops them or only looks at them, and prints how they are. */
export async function migrateTables(
  context: RunContext,
  values: Settings,
  { down, status }: MigrateRequest,
): Promise<Migration> {
  const { name, tables, seedsInBlocks } = await loadWorkload(values.workload)
  await using database = await openDatabase(context, values.db, 1, { makesNothing: status || down })
  let changed: readonly string[] = []
  if (down) {
    // A seeding that is under way would find its tables gone.
    if (seedsInBlocks) await takeOverIfThere(database, { signal: context.signal })
    changed = await migrateDown(database, name, tables)
    if (seedsInBlocks) await removeJournal(database)
  } else if (!status) changed = await migrateUp(database, name, tables)
  const compared = await compareTables(database, name, tables)
  const stateOf = (table: TableComparison): string => {
    if (!changed.includes(table.name)) return table.state
    return down ? 'dropped' : 'created'
  }
  const rows = compared.map((table) => [table.name, stateOf(table)])
  context.log(`${database.engine.name} ${database.engine.version}, ${database.url}`)
  context.log(formatTable(['table', 'state'], rows))
  for (const line of compared.flatMap(describeComparison)) context.log(plain(line))
  for (const what of database.unsupported) context.log(`unsupported: ${what}`)
  return { url: database.url, changed, tables: compared, leftOut: database.unsupported }
}

function describeComparison({ name, differences, extras, notCompared }: TableComparison): string[] {
  return [
    ...(notCompared === undefined ? [] : [`not compared: ${name}: ${notCompared}`]),
    ...differences.map((difference) => `differs: ${describeDifference(name, difference)}`),
    ...describeExtras(extras).map((extra) => `allowed: ${name} also has ${extra}`),
  ]
}
