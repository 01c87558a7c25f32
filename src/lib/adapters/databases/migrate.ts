import { createHash } from 'node:crypto'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { compareShapes } from './table-shapes.ts'
import type { AnyTable, Database, TableState } from '../../ports/database.ts'
import type { ShapeComparison } from '../../ports/table-shape.ts'

/** `foreign`: of that name, but not made by rushbench. `outdated`: made for another definition. */
export interface TableStatus {
  readonly name: string
  readonly state: 'present' | 'missing' | 'foreign' | 'outdated'
}

/** How each of the workload's tables stands in the database. */
export async function migrationStatus(
  database: Database,
  workload: string,
  tables: readonly AnyTable[],
): Promise<TableStatus[]> {
  const present = new Map((await database.tables()).map((state) => [state.name, state]))
  return tables.map((table) => ({ name: table.name, state: judge(workload, table, present.get(table.name)) }))
}

/** `differs`: ours, and no longer as rushbench made it. */
export interface TableComparison extends ShapeComparison {
  readonly name: string
  readonly state: TableStatus['state'] | 'differs'
  /** Why the server's catalog could not be read, for a table that is ours; left out where it could. */
  readonly notCompared?: string
}

const nothing: ShapeComparison = { differences: [], extras: [] }

/** How each of the workload's tables stands in the database: those that are ours are held against what `migrateUp` makes. */
export async function compareTables(
  database: Database,
  workload: string,
  tables: readonly AnyTable[],
): Promise<TableComparison[]> {
  const status = await migrationStatus(database, workload, tables)
  const { comparisons, notCompared } = await tryToCompare(database, tablesIn(tables, status, 'present'))
  return status.map(({ name, state }) => {
    if (state !== 'present') return { name, state, ...nothing }
    if (notCompared !== null) return { name, state, ...nothing, notCompared }
    const comparison = comparisons.get(name) ?? nothing
    return { name, state: comparison.differences.length > 0 ? 'differs' : state, ...comparison }
  })
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
  const own = new Set((await database.tables()).filter(({ mark }) => mark?.startsWith(owner)).map(({ name }) => name))
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
  refuse(database, status, 'foreign')
  refuse(database, status, 'outdated')
  const missing = tablesIn(tables, status, 'missing')
  await database.createTables(missing.map((table) => ({ table, mark: markOf(workload, table) })))
  return missing.map((table) => table.name)
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

/** Throws `table-foreign`, `table-outdated` or `tables-missing` unless all tables are there and ours. */
export async function requireTables(database: Database, workload: string, tables: readonly AnyTable[]): Promise<void> {
  const status = await migrationStatus(database, workload, tables)
  for (const state of ['foreign', 'outdated', 'missing'] as const) refuse(database, status, state)
}

function tablesIn(
  tables: readonly AnyTable[],
  status: readonly TableStatus[],
  ...states: readonly TableStatus['state'][]
): AnyTable[] {
  return tables.filter((table) => status.some(({ name, state }) => name === table.name && states.includes(state)))
}

const refusals = { foreign: 'table-foreign', outdated: 'table-outdated', missing: 'tables-missing' } as const

function refuse(database: Database, status: readonly TableStatus[], state: keyof typeof refusals): void {
  const tables = status.filter((table) => table.state === state).map((table) => table.name)
  if (tables.length > 0) throw failure(refusals[state], { tables, url: database.url })
}

/** A table of the same name that another workload made is as foreign as anybody else's: it holds other data. */
function judge(workload: string, table: AnyTable, found: TableState | undefined): TableStatus['state'] {
  if (!found) return 'missing'
  if (found.mark === markOf(workload, table)) return 'present'
  return found.mark?.startsWith(markPrefix(workload)) ? 'outdated' : 'foreign'
}

/** The beginning of every mark. */
const owner = 'rushbench:'

function markPrefix(workload: string): string {
  return `${owner}${workload}:`
}

/** Says whose table it is, and of which definition: `rushbench:vaccination:0123456789ab`. */
function markOf(workload: string, table: AnyTable): string {
  const definition = createHash('sha256').update(JSON.stringify(table)).digest('hex').slice(0, 12)
  return `${markPrefix(workload)}${definition}`
}
