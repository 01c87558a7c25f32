import type { CatalogRow } from '../sql/shape.ts'

const name = '`(?:[^`]|``)+`'
const reference = new RegExp(
  `CONSTRAINT (${name}) FOREIGN KEY \\(([^)]*)\\) REFERENCES ((?:${name}\\.)?${name}) \\(([^)]*)\\)((?: ON (?:DELETE|UPDATE) (?:CASCADE|SET NULL|SET DEFAULT|NO ACTION|RESTRICT))*)`,
  'g',
)
const jsonCheck = /CHECK (\(json_valid\(`((?:[^`]|``)+)`\)\))/g

/**
 * References by what SHOW CREATE TABLE says, as rows of the catalog: information_schema hides them on MariaDB from a user
 * that may only read the table.
 */
export function referencesIn(table: string, text: string): CatalogRow[] {
  return [...text.matchAll(reference)].flatMap(
    ([, constraint = '', columns = '', parent = '', others = '', rules = '']) => {
      const parents = namesIn(others)
      return namesIn(columns).map((column, at) => ({
        of_table: table,
        name: namesIn(constraint)[0] ?? '',
        column_name: column,
        parent: namesIn(parent).join('.'),
        parent_column: parents[at] ?? '',
        on_delete: ruleOf('DELETE', rules),
        on_update: ruleOf('UPDATE', rules),
      }))
    },
  )
}

/** What MariaDB's `json` columns are held against, in the same way. */
export function jsonChecksIn(table: string, text: string): CatalogRow[] {
  return [...text.matchAll(jsonCheck)].map(([, condition = '', column = '']) => ({
    of_table: table,
    name: column.replaceAll('``', '`'),
    condition,
  }))
}

function namesIn(text: string): string[] {
  return (text.match(new RegExp(name, 'g')) ?? []).map((quoted) => quoted.slice(1, -1).replaceAll('``', '`'))
}

function ruleOf(event: 'DELETE' | 'UPDATE', rules: string): string {
  return new RegExp(`ON ${event} (CASCADE|SET NULL|SET DEFAULT|NO ACTION|RESTRICT)`).exec(rules)?.[1] ?? 'RESTRICT'
}
