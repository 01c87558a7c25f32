import { mysqlDialect, postgresDialect, sqliteDialect } from '../adapters/databases/sql/dialect.ts'
import { createTableSql } from '../adapters/databases/sql/ddl.ts'
import { markOf } from '../adapters/databases/migrations/history.ts'
import { keyColumnsOf, type AnyTable, type Column } from '../ports/database.ts'

/** Forms in which the tables of a workload are described. */
export const schemaForms = ['markdown', 'mermaid', 'sql'] as const
export type SchemaForm = (typeof schemaForms)[number]

const dialects = { postgres: postgresDialect, mysql: mysqlDialect, sqlite: sqliteDialect } as const

/** Engines whose SQL can be written. */
export const sqlEngines = ['postgres', 'mysql', 'sqlite'] as const

/** The tables of a workload as they are declared, in Markdown, as a diagram of Mermaid, or as an engine's SQL. */
export function describeSchema(
  { name, tables }: { readonly name: string; readonly tables: readonly AnyTable[] },
  form: SchemaForm,
  engine: (typeof sqlEngines)[number],
): string {
  if (form === 'markdown') return tables.map(inMarkdown).join('\n\n')
  if (form === 'mermaid') return ['erDiagram', ...tables.flatMap(inMermaid)].join('\n')
  return tables
    .flatMap((table) => createTableSql(dialects[engine], table, markOf(name, table)).map((sql) => `${sql};`))
    .join('\n')
}

/** A type with its length: `text(64)`. */
function typeOf(column: Column): string {
  if (column.type === 'text') return `text(${column.maxLength})`
  return 'length' in column ? `${column.type}(${column.length})` : column.type
}

/** Names what a column has beside its type. */
function traitsOf(column: Column): string {
  const isNumbered = column.type === 'integer' && column.generated === true
  return [...(column.nullable ? [', may be null'] : []), ...(isNumbered ? [', numbered'] : [])].join('')
}

function inMarkdown(table: AnyTable): string {
  const columns: [string, Column][] = Object.entries(table.columns)
  const keys = table.unique.map((names) => `unique (${names.join(', ')})`)
  const indexes = table.indexes.map((names) => `index (${names.join(', ')})`)
  const others = [...keys, ...indexes]
  return [
    `**${table.name}**${others.length > 0 ? `: ${others.join(', ')}` : ''}`,
    '',
    '| column | type | key |',
    '| --- | --- | --- |',
    ...columns.map(([name, column]) => `| ${name} | ${typeOf(column)}${traitsOf(column)} | ${keyOf(table, name)} |`),
  ].join('\n')
}

function keyOf(table: AnyTable, name: string): string {
  const parents = table.references.filter(({ column }) => column === name)
  const leads = parents.map(({ table: parent, key }) => `refers to ${parent}.${key}`)
  return [...(keyColumnsOf(table).includes(name) ? ['primary'] : []), ...leads].join(', ')
}

function inMermaid(table: AnyTable): string[] {
  const columns: [string, Column][] = Object.entries(table.columns)
  const marks = (name: string): string => {
    const isReference = table.references.some(({ column }) => column === name)
    const all = [
      ...(keyColumnsOf(table).includes(name) ? ['PK'] : []),
      ...(isReference ? ['FK'] : []),
      ...(table.unique.some((names) => names.join() === name) ? ['UK'] : []),
    ]
    return all.length > 0 ? ` ${all.join(', ')}` : ''
  }
  return [
    `  ${table.name} {`,
    ...columns.map(([name, column]) => `    ${typeOf(column)} ${name}${marks(name)}`),
    '  }',
    ...table.references.map(({ column, table: parent }) => `  ${parent} ||--o{ ${table.name} : ${column}`),
  ]
}
