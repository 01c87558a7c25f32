import { reasonOf } from '../../../base/errors/errors.ts'
import type { AnyTable, ColumnCollation } from '../../../ports/database.ts'
import { referenceName } from '../sql/ddl.ts'
import { mysqlDialect } from '../sql/dialect.ts'
import { expectedSqlShape, foundSqlShape, type Catalog, type CatalogRow } from '../sql/shape.ts'
import type { CheckShape, ShapePair } from '../../../ports/table-shape.ts'
import type { MysqlConnections } from './connection.ts'
import type { MysqlFlavour } from './flavour.ts'

/** MySQL tells of the table only beside the constraint, and of those that are not enforced too. */
const checksSql = {
  mariadb: `select table_name as of_table, constraint_name as name, check_clause as \`condition\`
    from information_schema.check_constraints where constraint_schema = database() and table_name in (LISTED)
    order by constraint_name`,
  others: `select t.table_name as of_table, t.constraint_name as name, c.check_clause as \`condition\`
    from information_schema.table_constraints t join information_schema.check_constraints c
      on c.constraint_schema = t.constraint_schema and c.constraint_name = t.constraint_name
    where t.constraint_schema = database() and t.table_name in (LISTED) and t.constraint_type = 'CHECK'
      and t.enforced = 'YES'
    order by t.constraint_name`,
} as const

/** The tables as they should be, and as information_schema has them. */
export async function readMysqlShapes(
  connections: MysqlConnections,
  flavour: Pick<MysqlFlavour, 'name'>,
  tables: readonly AnyTable[],
): Promise<ShapePair[]> {
  if (tables.length === 0) return []
  const catalog = await withHidden(connections, flavour, tables, await readCatalog(connections, flavour, tables))
  const normalise = (type: string) => normaliseMysqlType(type, flavour.name)
  return tables.map((table) => {
    const found = foundSqlShape(table, catalog, normalise)
    // InnoDB makes an index of the reference's name where no other serves it.
    const implied = new Set(table.references.map(({ column }) => referenceName(table, column)))
    return {
      name: table.name,
      expected: { ...expectedSqlShape(mysqlDialect, table, normalise), checks: impliedChecks(table, flavour) },
      found: { ...found, indexes: found.indexes.filter(({ name }) => !implied.has(name)) },
    }
  })
}

/** MariaDB's `json` is a text that is checked against a condition. */
function impliedChecks({ columns }: AnyTable, { name: server }: Pick<MysqlFlavour, 'name'>): CheckShape[] {
  if (server !== 'mariadb') return []
  return Object.entries(columns)
    .filter(([, { type }]) => type === 'json')
    .map(([name]) => ({ name, condition: `(json_valid(\`${name}\`))` }))
}

/** Adds what information_schema may only hide from this user. */
async function withHidden(
  connections: MysqlConnections,
  flavour: Pick<MysqlFlavour, 'name'>,
  tables: readonly AnyTable[],
  catalog: Catalog,
): Promise<Catalog> {
  const isSeen = (rows: readonly CatalogRow[], { name }: AnyTable) => rows.some((row) => row['of_table'] === name)
  const references: CatalogRow[] = []
  const checks: CatalogRow[] = []
  for (const table of tables) {
    const lacksReferences = table.references.length > 0 && !isSeen(catalog.references, table)
    const lacksChecks = impliedChecks(table, flavour).length > 0 && !isSeen(catalog.checks, table)
    if (!lacksReferences && !lacksChecks) continue
    const sql = `show create table \`${table.name}\``
    const [row] = await connections.ask(sql)
    const text = String(row?.['Create Table'] ?? '')
    if (lacksReferences) references.push(...referencesIn(table.name, text))
    if (lacksChecks) checks.push(...jsonChecksIn(table.name, text))
  }
  return { ...catalog, references: [...catalog.references, ...references], checks: [...catalog.checks, ...checks] }
}

async function readCatalog(
  connections: MysqlConnections,
  flavour: Pick<MysqlFlavour, 'name'>,
  tables: readonly AnyTable[],
): Promise<Catalog> {
  const names = tables.map(({ name }) => name)
  const listed = names.map(() => '?').join(', ')
  const ask = (sql: string) => connections.withSession((session) => session.query({ sql, parameters: names }))
  const columns = await ask(`select table_name as of_table, column_name as name, column_type as type,
      character_set_name as charset, collation_name as collation_name, is_nullable = 'NO' as required,
      column_default is not null or extra like '%auto_increment%' as filled,
      extra like '%VIRTUAL GENERATED%' or extra like '%STORED GENERATED%' as is_generated
    from information_schema.columns where table_schema = database() and table_name in (${listed})
    order by table_name, ordinal_position`)
  // What makes an index invisible has another name on each of them, so all columns are taken.
  const indexes = await ask(`select * from information_schema.statistics
    where table_schema = database() and table_name in (${listed}) order by table_name, index_name, seq_in_index`)
  const references =
    await ask(`select k.table_name as of_table, k.constraint_name as name, k.column_name as column_name,
      concat(if(k.referenced_table_schema = k.table_schema, '', concat(k.referenced_table_schema, '.')),
        k.referenced_table_name) as parent,
      k.referenced_column_name as parent_column, r.delete_rule as on_delete, r.update_rule as on_update
    from information_schema.key_column_usage k join information_schema.referential_constraints r
      on r.constraint_schema = k.constraint_schema and r.constraint_name = k.constraint_name and r.table_name = k.table_name
    where k.table_schema = database() and k.table_name in (${listed}) and k.referenced_table_name is not null
    order by k.table_name, k.constraint_name, k.ordinal_position`)
  const triggers = await ask(`select event_object_table as of_table, trigger_name as name
    from information_schema.triggers where event_object_schema = database() and event_object_table in (${listed})
    order by trigger_name`)
  const partitions = await ask(`select distinct table_name as of_table, partition_name as name
    from information_schema.partitions where table_schema = database() and table_name in (${listed})
      and partition_name is not null`)
  const traits = await ask(`select table_name as of_table, 'storage engine' as what, engine as name
    from information_schema.tables where table_schema = database() and table_name in (${listed})
      and engine <> 'InnoDB'`)
  const checks = await ask(
    checksSql[flavour.name === 'mariadb' ? 'mariadb' : 'others'].replace('LISTED', listed),
  ).catch((error: unknown) => {
    // Servers before MySQL 8.0.16 have no checks, and no such table.
    if (/unknown table/i.test(reasonOf(error))) return []
    throw error
  })
  return {
    columns: columns.map(({ type, charset, collation_name: collation, is_generated: generated, ...row }) => ({
      ...row,
      type: `${String(type)}${charset ? ` character set ${charset} collate ${collation}` : ''}`,
      generated: generated ?? null,
    })),
    indexes: indexes.map(describeMysqlIndex),
    references,
    triggers,
    partitions,
    checks,
    traits,
  }
}

/** A row of `information_schema.statistics`, whose columns MySQL names in capitals and other servers may not. */
export function describeMysqlIndex(row: CatalogRow): CatalogRow {
  const at = Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]))
  const part = at['sub_part'] ? `(${at['sub_part']})` : ''
  const type = String(at['index_type'])
  const limits = [
    ...(/fulltext|spatial/i.test(type) ? [type.toLowerCase()] : []),
    // MySQL 8 and TiDB, MariaDB 10.6 and newer.
    ...(at['is_visible'] === 'NO' || at['ignored'] === 'YES' ? ['invisible'] : []),
  ]
  return {
    of_table: at['table_name'] ?? null,
    name: at['index_name'] ?? null,
    term: at['column_name']
      ? `${at['column_name']}${part}${at['collation'] === 'D' ? ' desc' : ''}`
      : `(${at['expression'] ?? 'expression'})`,
    is_unique: Number(at['non_unique']) === 0 ? 1 : 0,
    is_primary: at['index_name'] === 'PRIMARY' ? 1 : 0,
    limits: limits.join(' '),
  }
}

/**
 * A type as all versions and forks would write it: whole numbers have a width on MariaDB and before MySQL 8.0.19, which
 * says nothing of what they hold, and MariaDB's `json` is a `longtext`.
 */
export function normaliseMysqlType(type: string, server: MysqlFlavour['name']): string {
  const plain = type.toLowerCase().replace(/^((?:tiny|small|medium|big)?int)(?:eger)?\(\d+\)/, '$1')
  if (/^json\b/.test(plain)) return 'json'
  const isJson = server === 'mariadb' && plain === 'longtext character set utf8mb4 collate utf8mb4_bin'
  return isJson ? 'json' : plain
}

const sql = `select column_name as name, data_type as type, collation_name as collation
  from information_schema.columns where table_schema = coalesce(?, database()) and table_name = ?`

/** How the columns of a table or a view compare. */
export async function readMysqlCollations(
  connections: MysqlConnections,
  { name }: AnyTable,
): Promise<Map<string, ColumnCollation>> {
  const [table = name, schema = null] = name.split('.').toReversed()
  const rows = await connections.query({ sql, parameters: [schema, table] })
  return new Map(
    rows.map(({ name: column, type, collation }) => [
      String(column),
      mysqlCollation(
        String(type).toLowerCase(),
        collation === null || collation === undefined ? null : String(collation),
      ),
    ]),
  )
}

const numbers = /^((tiny|small|medium|big)?int|decimal|float|double|year)$/
const texts = /^((var)?char|(tiny|medium|long)?text|enum|set|inet[46])$/

/** How a column of that type compares; null stands for no collation. */
export function mysqlCollation(type: string, collation: string | null): ColumnCollation {
  if (numbers.test(type)) return { type, compares: 'number' }
  if (type === 'uuid') return { type, compares: 'uuid' }
  if (!texts.test(type)) return { type, compares: 'other' }
  const name = collation ?? ''
  const ignoresCase = name.endsWith('_ci')
  // All pad but those of newer versions that say so; and `char` loses the spaces at its end when it is read.
  const pads = name !== '' && !/_0900_|_nopad_|^binary$/.test(name)
  return {
    type,
    compares: 'text',
    ...(ignoresCase ? { ignoresCase: 'all' } : {}),
    ...(ignoresCase && !name.includes('_as_') ? { ignoresAccents: true } : {}),
    ...(pads || type === 'char' ? { ignoresEndSpaces: true } : {}),
  }
}

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

/** Reads the checks of MariaDB's `json` columns, in the same way. */
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
