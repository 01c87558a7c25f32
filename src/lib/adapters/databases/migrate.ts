import { failure, reasonOf } from '../../base/errors/errors.ts'
import { compareShapes } from './table-shapes.ts'
import { knownMarks, markOf, markOwner, markPrefix } from './migrations/history.ts'
import { readApplied } from './migrations/records.ts'
import type { MigrationStep } from '../../ports/migration.ts'
import type { AnyTable, Database, TableState } from '../../ports/database.ts'
import type { ShapeComparison } from '../../ports/table-shape.ts'

/**
 * `foreign`: of that name, but not made by rushbench. `behind`: of a version from which steps lead to this one. `outdated`:
 * of a version from which none do.
 */
export interface TableStatus {
  readonly name: string
  readonly state: 'present' | 'missing' | 'foreign' | 'outdated' | 'behind'
}

/** How each of the workload's tables stands in the database, to which `steps` may have led. */
export async function migrationStatus(
  database: Database,
  workload: string,
  tables: readonly AnyTable[],
  steps: readonly MigrationStep[] = [],
): Promise<TableStatus[]> {
  const present = new Map((await database.tables()).map((state) => [state.name, state]))
  const earlier = steps.length > 1 ? knownMarks({ name: workload, migrations: steps }) : new Set<string>()
  const isEarlier = ({ mark }: TableState): boolean => mark !== null && earlier.has(mark)
  // A table keeps the mark of the version that made it: the record says which steps it has had since.
  let hasAllSteps: boolean | null = null
  const states: TableStatus[] = []
  for (const table of tables) {
    const found = present.get(table.name)
    const state = judge(workload, table, found)
    if (found && state === 'outdated' && isEarlier(found)) {
      hasAllSteps ??= ((await readApplied(database, workload)) ?? []).at(-1)?.step === steps.length
      states.push({ name: table.name, state: hasAllSteps ? 'present' : 'behind' })
    } else states.push({ name: table.name, state })
  }
  return states
}

/** `differs`: ours, and no longer as rushbench made it. `unused`: ours, and more than the settings ask for. */
export interface TableComparison extends ShapeComparison {
  readonly name: string
  readonly state: TableStatus['state'] | 'differs' | 'unused'
  /** Why the server's catalog could not be read, for a table that is ours; left out where it could. */
  readonly notCompared?: string
}

const nothing: ShapeComparison = { differences: [], extras: [] }

/** How each of the workload's tables stands in the database: those that are ours are checked against what `migrateUp` makes. */
export async function compareTables(
  database: Database,
  workload: string,
  tables: readonly AnyTable[],
  steps: readonly MigrationStep[] = [],
): Promise<TableComparison[]> {
  const status = await migrationStatus(database, workload, tables, steps)
  const { comparisons, notCompared } = await tryToCompare(database, tablesIn(tables, status, 'present'))
  const own = status.map(({ name, state }): TableComparison => {
    if (state !== 'present') return { name, state, ...nothing }
    if (notCompared !== null) return { name, state, ...nothing, notCompared }
    const comparison = comparisons.get(name) ?? nothing
    return { name, state: comparison.differences.length > 0 ? 'differs' : state, ...comparison }
  })
  const unused = await unusedTables(database, workload, tables)
  return [...own, ...unused.map((name) => ({ name, state: 'unused' as const, ...nothing }))]
}

/** Names of tables that rushbench made for the workload beside those given: when its settings asked for more. */
async function unusedTables(database: Database, workload: string, tables: readonly AnyTable[]): Promise<string[]> {
  const used = new Set(tables.map(({ name }) => name))
  const all = await database.tables()
  return all
    .filter(({ name, mark }) => mark?.startsWith(markPrefix(workload)) && !used.has(name))
    .map(({ name }) => name)
}

/** A server that only speaks the protocol of another may have another catalog. */
async function tryToCompare(database: Database, tables: readonly AnyTable[]) {
  try {
    return { comparisons: await compare(database, tables), notCompared: null }
  } catch (error) {
    return { comparisons: new Map<string, ShapeComparison>(), notCompared: reasonOf(error) }
  }
}

/** Those of the tables that rushbench made, by name, beside what it makes. Throws what reading the catalog throws. */
export async function compareOwnTables(
  database: Database,
  tables: readonly AnyTable[],
): Promise<ReadonlyMap<string, ShapeComparison>> {
  const own = new Set(
    (await database.tables()).filter(({ mark }) => mark?.startsWith(markOwner)).map(({ name }) => name),
  )
  return compare(
    database,
    tables.filter(({ name }) => own.has(name)),
  )
}

async function compare(database: Database, tables: readonly AnyTable[]): Promise<ReadonlyMap<string, ShapeComparison>> {
  const shapes = await database.shapes(tables)
  return new Map(shapes.map(({ name, expected, found }) => [name, compareShapes(expected, found)]))
}

/**
 * Makes the tables that are missing; returns their names. Throws `table-foreign` or `table-outdated`
 * before anything is made, and `migration-failed`.
 */
export async function migrateUp(
  database: Database,
  workload: string,
  tables: readonly AnyTable[],
): Promise<readonly string[]> {
  const status = await migrationStatus(database, workload, tables)
  refuseStates(database, status, 'foreign', 'outdated')
  const missing = tablesIn(tables, status, 'missing')
  await database.createTables(missing.map((table) => ({ table, mark: markOf(workload, table) })))
  return missing.map((table) => table.name)
}

/** Drops all tables that rushbench made for a workload, those too that the settings no longer ask for; returns their names. */
export async function dropAllTables(
  database: Database,
  workload: string,
  tables: readonly AnyTable[],
): Promise<readonly string[]> {
  const dropped = await migrateDown(database, workload, tables)
  const unused = await unusedTables(database, workload, tables)
  const nothingElse = { columns: {}, primaryKey: '', unique: [], indexes: [], references: [] }
  await database.dropTables(unused.map((name) => ({ name, ...nothingElse })))
  return [...dropped, ...unused]
}

/** Drops those tables that rushbench made, children first; returns their names. */
export async function migrateDown(
  database: Database,
  workload: string,
  tables: readonly AnyTable[],
): Promise<readonly string[]> {
  const status = await migrationStatus(database, workload, tables)
  const ours = tablesIn(tables, status, 'present', 'outdated')
  await database.dropTables(ours.toReversed())
  return ours.map((table) => table.name)
}

/**
 * Throws `table-foreign`, `table-outdated`, `tables-behind` or `tables-missing` unless all tables are there, ours and of
 * this version; `migrate` is the command that mends the last two.
 */
export async function requireTables(
  database: Database,
  workload: string,
  tables: readonly AnyTable[],
  steps: readonly MigrationStep[] = [],
  migrate?: string,
): Promise<void> {
  const status = await migrationStatus(database, workload, tables, steps)
  refuseStates(database, status, 'foreign', 'outdated')
  for (const state of ['behind', 'missing'] as const) {
    const names = status.filter((table) => table.state === state).map(({ name }) => name)
    const details = { tables: names, url: database.url, ...(migrate === undefined ? {} : { migrate }) }
    if (names.length > 0) throw failure(state === 'behind' ? 'tables-behind' : 'tables-missing', details)
  }
}

function tablesIn(
  tables: readonly AnyTable[],
  status: readonly TableStatus[],
  ...states: readonly TableStatus['state'][]
): AnyTable[] {
  return tables.filter((table) => status.some(({ name, state }) => name === table.name && states.includes(state)))
}

const refusals = { foreign: 'table-foreign', outdated: 'table-outdated' } as const

/** Throws the error for the first of these states that any table is in. */
export function refuseStates(
  database: Database,
  status: readonly TableStatus[],
  ...states: readonly (keyof typeof refusals)[]
): void {
  for (const state of states) {
    const tables = status.filter((table) => table.state === state).map((table) => table.name)
    if (tables.length > 0) throw failure(refusals[state], { tables, url: database.url })
  }
}

/** A table of the same name that another workload made is as foreign as anybody else's: it holds other data. */
function judge(workload: string, table: AnyTable, found: TableState | undefined): TableStatus['state'] {
  if (!found) return 'missing'
  if (found.mark === markOf(workload, table)) return 'present'
  return found.mark?.startsWith(markPrefix(workload)) ? 'outdated' : 'foreign'
}
