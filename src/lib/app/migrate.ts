import { compareTables, migrateDown, migrateUp, type TableComparison } from '../adapters/databases/migrate.ts'
import { describeDifference, describeExtras } from '../adapters/databases/table-shapes.ts'
import { failure } from '../base/errors/errors.ts'
import { formatCount, formatTable, plain } from '../base/format.ts'
import type { Settings } from '../config/settings.ts'
import { removeJournal, takeOverIfThere } from '../seeding/journal.ts'
import type { Database } from '../ports/database.ts'
import { loadWorkload, type BuiltInWorkload } from '../workloads/registry.ts'
import { openDatabase, type RunContext } from './run-context.ts'

/** Chooses what happens to the tables; without any of these they are created. */
export interface MigrateRequest {
  readonly down: boolean
  /** Change nothing. */
  readonly status: boolean
  /** Create them, and add what users need that is missing in them. */
  readonly fill: boolean
}

/** Rows that users need: how many there are, and how many were added. */
export interface Filling {
  readonly rows: number
  readonly added: number
}

/** A migration, and the tables as they are after it. */
export interface Migration {
  readonly url: string
  /** Tables that were created or dropped. */
  readonly changed: readonly string[]
  readonly tables: readonly TableComparison[]
  /** Parts of tables that this engine does not support. */
  readonly leftOut: readonly string[]
  /** Left out where nothing was asked to be filled. */
  readonly filled?: Filling
}

/**
 * Adds what users of a workload need and is missing in its tables, which are there: slots, accounts, orders. Throws
 * `interrupted` when it is stopped.
 */
export async function fillTables(
  context: Pick<RunContext, 'progress' | 'signal'>,
  workload: BuiltInWorkload,
  database: Database,
  values: Settings,
): Promise<Filling> {
  const { done, total, added } = await context.progress.track('Seeding', workload.seeds, async (onProgress) => {
    let state = { done: 0, total: 0, added: 0 }
    for await (state of workload.seed(database, values, context.signal)) onProgress(state)
    return state
  })
  if (done < total) {
    const rows = `${formatCount(done)} of ${formatCount(total)} ${workload.seeds}`
    throw failure('interrupted', { done: `${rows} are in place.` })
  }
  return { rows: total, added }
}

/** Creates the tables of a workload, drops them or only looks at them, and prints how they are. */
export async function migrateTables(
  context: RunContext,
  values: Settings,
  { down, status, fill }: MigrateRequest,
): Promise<Migration> {
  const workload = await loadWorkload(values.workload)
  const { name, tables, seedsInBlocks } = workload
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
  const migration = { url: database.url, changed, tables: compared, leftOut: database.unsupported }
  if (!fill) return migration
  const filled = await fillTables(context, workload, database, values)
  context.log(`${formatCount(filled.rows)} ${workload.seeds} in place, ${formatCount(filled.added)} of them new.`)
  return { ...migration, filled }
}

function describeComparison({ name, differences, extras, notCompared }: TableComparison): string[] {
  return [
    ...(notCompared === undefined ? [] : [`not compared: ${name}: ${notCompared}`]),
    ...differences.map((difference) => `differs: ${describeDifference(name, difference)}`),
    ...describeExtras(extras).map((extra) => `allowed: ${name} also has ${extra}`),
  ]
}
