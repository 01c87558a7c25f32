import { createHash } from 'node:crypto'
import type { AnyTable, TableChange } from '../../../ports/database.ts'
import type { MigrationStep, SchemaChange } from '../../../ports/migration.ts'

/** A workload's tables, and the steps that lead to them. */
export interface Schema {
  readonly name: string
  readonly tables: readonly AnyTable[]
  readonly migrations: readonly MigrationStep[]
}

/** The tables as the steps up to `version` leave them, by name, parents before children. Throws TypeError for steps that do not fit. */
export function tablesAt(steps: readonly MigrationStep[], version: number): ReadonlyMap<string, AnyTable> {
  const tables = new Map<string, AnyTable>()
  for (const { changes } of steps.slice(0, version)) for (const change of changes) follow(tables, change)
  return tables
}

function follow(tables: Map<string, AnyTable>, change: SchemaChange): void {
  if ('create' in change) return void tables.set(change.create.name, change.create)
  if ('drop' in change) return void tables.delete(requireTable(tables, change.drop).name)
  if ('remakeTriggers' in change) return void requireWatched(tables, change.remakeTriggers)
  const table = requireTable(tables, 'to' in change ? change.to : change.from)
  tables.set(table.name, { ...table, ...changed(table, change) })
}

function requireTable(tables: ReadonlyMap<string, AnyTable>, name: string): AnyTable {
  const table = tables.get(name)
  if (!table) throw new TypeError(`no step before has made ${name}`)
  return table
}

function requireWatched(tables: ReadonlyMap<string, AnyTable>, name: string): AnyTable {
  const table = requireTable(tables, name)
  if (table.watched !== true) throw new TypeError(`${name} is not watched, and has no triggers`)
  return table
}

/** The other changes leave a table another than it was. */
type Alteration = Extract<SchemaChange, { readonly to: string } | { readonly from: string }>

function changed({ columns, indexes }: AnyTable, change: Alteration): Partial<AnyTable> {
  if ('addColumn' in change) return { columns: { ...columns, [change.addColumn]: change.column } }
  if ('addIndex' in change) return { indexes: [...indexes, change.addIndex] }
  return { indexes: indexes.filter((index) => index.join() !== change.dropIndex.join()) }
}

/** The changes of step `number` as engines take them. */
export function changesOf({ name, migrations }: Schema, number: number): TableChange[] {
  const tables = new Map(tablesAt(migrations, number - 1))
  return (migrations[number - 1]?.changes ?? []).map((change): TableChange => {
    if ('create' in change) {
      follow(tables, change)
      return { kind: 'create', table: change.create, mark: markOf(name, change.create) }
    }
    if ('remakeTriggers' in change)
      return { kind: 'remake triggers', table: requireWatched(tables, change.remakeTriggers) }
    const before = requireTable(tables, 'drop' in change ? change.drop : 'to' in change ? change.to : change.from)
    follow(tables, change)
    const after = tables.get(before.name) ?? before
    if ('drop' in change) return { kind: 'drop', table: before }
    if ('addColumn' in change)
      return { kind: 'add column', table: after, column: change.addColumn, value: change.value }
    if ('addIndex' in change) return { kind: 'add index', table: after, columns: change.addIndex }
    return { kind: 'drop index', table: before, columns: change.dropIndex }
  })
}

/** SHA-256 of what a step changes; its name may be put better. */
export function checksumOf({ changes }: MigrationStep): string {
  return createHash('sha256').update(JSON.stringify(changes)).digest('hex')
}

/** The step changes no table's definition, so that no mark says whether it was applied. */
export function leavesMarks({ changes }: MigrationStep): boolean {
  return changes.every((change) => 'remakeTriggers' in change)
}

/** The marks that tables of any version carry: a table keeps that of the version which made it. */
export function knownMarks({ name, migrations }: Pick<Schema, 'name' | 'migrations'>): ReadonlySet<string> {
  const versions = migrations.map((_, index) => [...tablesAt(migrations, index + 1).values()])
  return new Set(versions.flat().map((table) => markOf(name, table)))
}

/** The beginning of every mark. */
export const markOwner = 'rushbench:'

/** The beginning of the marks of a workload's tables. */
export function markPrefix(workload: string): string {
  return `${markOwner}${workload}:`
}

/** Says whose table it is, and of which definition: `rushbench:vaccination:0123456789ab`. */
export function markOf(workload: string, table: AnyTable): string {
  const definition = createHash('sha256').update(JSON.stringify(table)).digest('hex').slice(0, 12)
  return `${markPrefix(workload)}${definition}`
}
