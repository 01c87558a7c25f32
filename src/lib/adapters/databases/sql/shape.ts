import { expectedShape, inBrackets } from '../table-shapes.ts'
import type { AnyTable, Value } from '../../../ports/database.ts'
import type { TableShape, TraitShape } from '../../../ports/table-shape.ts'
import { indexName } from './ddl.ts'
import type { SqlDialect } from './dialect.ts'

/** A row of a catalog, by the names below. Truths are 1 and 0, or true and false where the driver has them. */
export type CatalogRow = Readonly<Record<string, Value | boolean>>

/** An SQL engine's catalog of some tables; every row names its table as `of_table`. */
export interface Catalog {
  /** `name`, `type`, `required` (takes no null), `filled` (by a default or by the server), `generated`. */
  readonly columns: readonly CatalogRow[]
  /** One row for each column, in order: `name`, `term`, `is_unique`, `is_primary`, `limits`. */
  readonly indexes: readonly CatalogRow[]
  /** One row for each column, in order: `name`, `column_name`, `parent`, `parent_column`, `on_delete`, `on_update`, `limits`. */
  readonly references: readonly CatalogRow[]
  readonly triggers: readonly CatalogRow[]
  readonly partitions: readonly CatalogRow[]
  /** `name`, `condition`; those that are not enforced are left out. */
  readonly checks: readonly CatalogRow[]
  /** `what`, `name`. */
  readonly traits?: readonly CatalogRow[]
}

/** The shape that `createTableSql` gives a table; `normalise` writes a type as it does those of the catalog. */
export function expectedSqlShape(
  dialect: SqlDialect,
  table: AnyTable,
  normalise: (type: string) => string,
): TableShape {
  const shape = expectedShape(table, (column) => normalise(dialect.columnType(column).compile(dialect.builder).sql))
  return {
    ...shape,
    indexes: shape.indexes.map((index) => ({ ...index, name: indexName(table, index.columns, index.unique) })),
  }
}

/** The shape that the catalog says a table has; `normalise` writes its types. */
export function foundSqlShape(table: AnyTable, catalog: Catalog, normalise: (type: string) => string): TableShape {
  const of = (rows: readonly CatalogRow[]) => rows.filter((row) => row['of_table'] === table.name)
  const indexes = groupByName(of(catalog.indexes))
  return {
    columns: of(catalog.columns).map(({ name, type, required, filled, generated }) => ({
      name: String(name),
      type: `${normalise(String(type))}${generated ? ' generated' : ''} ${required ? 'not null' : 'null'}`,
      optional: !required || Boolean(filled) || Boolean(generated),
    })),
    primaryKey: indexes.flatMap(({ rows }) =>
      rows.filter((row) => row['is_primary']).map((row) => String(row['term'])),
    ),
    indexes: indexes
      .filter(({ first }) => !first['is_primary'])
      .map(({ name, first, rows }) => ({
        name,
        columns: rows.map((row) => String(row['term'])),
        unique: Boolean(first['is_unique']),
        limits: String(first['limits'] ?? ''),
      })),
    references: groupByName(of(catalog.references)).map(({ first, rows }) => ({
      columns: rows.map((row) => String(row['column_name'])),
      parent: `${String(first['parent'])} ${inBrackets(rows.map((row) => String(row['parent_column'])))}${rulesOf(first)}`,
    })),
    triggers: of(catalog.triggers).map(({ name }) => String(name)),
    partitions: of(catalog.partitions).map(({ name }) => String(name)),
    checks: of(catalog.checks).map(({ name, condition }) => ({
      name: String(name),
      condition: bracketed(String(condition)),
    })),
    ...traitsOf(of(catalog.traits ?? [])),
  }
}

function traitsOf(rows: readonly CatalogRow[]): Pick<TableShape, 'traits'> {
  if (rows.length === 0) return {}
  return { traits: rows.map(({ what, name }) => ({ what: String(what) as TraitShape['what'], name: String(name) })) }
}

/** Some catalogs leave the outer brackets away. */
function bracketed(condition: string): string {
  return /^[(]|^exclude /i.test(condition) ? condition : `(${condition})`
}

function groupByName(rows: readonly CatalogRow[]) {
  const groups = Map.groupBy(rows, ({ name }) => String(name))
  return Array.from(groups, ([name, group]) => ({ name, first: group[0] as CatalogRow, rows: group }))
}

/** Both refuse what would leave a row without its parent; they differ in when, which no row of ours can tell. */
const refusing = new Set(['no action', 'restrict', 'none', ''])

function rulesOf({ on_delete: onDelete, on_update: onUpdate, limits }: CatalogRow): string {
  const rules = [
    ['on delete', String(onDelete ?? '').toLowerCase()],
    ['on update', String(onUpdate ?? '').toLowerCase()],
  ] as const
  const unusual = rules.filter(([, rule]) => !refusing.has(rule)).map(([when, rule]) => ` ${when} ${rule}`)
  return [...unusual, ...(limits ? [` ${String(limits)}`] : [])].join('')
}
