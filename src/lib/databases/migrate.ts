import { createHash } from 'node:crypto'
import { failure } from '../errors.ts'
import type { AnyTable, Database, TableState } from './port.ts'

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
  const missing = tables.filter((table) => status.some(({ name, state }) => name === table.name && state === 'missing'))
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
  const ours = tables.filter((table) =>
    status.some(({ name, state }) => name === table.name && (state === 'present' || state === 'outdated')),
  )
  await database.dropTables(ours.toReversed())
  return ours.map((table) => table.name)
}

/** Throws `table-foreign`, `table-outdated` or `tables-missing` unless all tables are there and ours. */
export async function requireTables(database: Database, workload: string, tables: readonly AnyTable[]): Promise<void> {
  const status = await migrationStatus(database, workload, tables)
  for (const state of ['foreign', 'outdated', 'missing'] as const) refuse(database, status, state)
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

function markPrefix(workload: string): string {
  return `rushbench:${workload}:`
}

/** Says whose table it is, and of which definition: `rushbench:vaccination:0123456789ab`. */
function markOf(workload: string, table: AnyTable): string {
  const definition = createHash('sha256').update(JSON.stringify(table)).digest('hex').slice(0, 12)
  return `${markPrefix(workload)}${definition}`
}
