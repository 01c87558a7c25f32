import type { IndexDescriptionInfo } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { describeMongoIndex } from '../../../../src/lib/adapters/databases/mongodb/shape.ts'
import { describeMysqlIndex, normaliseMysqlType } from '../../../../src/lib/adapters/databases/mysql/shape.ts'
import { normalisePostgresType } from '../../../../src/lib/adapters/databases/postgres/shape.ts'
import { mysqlDialect, sqliteDialect } from '../../../../src/lib/adapters/databases/sql/dialect.ts'
import { expectedSqlShape, foundSqlShape, type Catalog } from '../../../../src/lib/adapters/databases/sql/shape.ts'
import { findChecks, sqliteAffinity } from '../../../../src/lib/adapters/databases/sqlite/shape.ts'
import type { IndexShape } from '../../../../src/lib/ports/table-shape.ts'
import { seats } from '../../../support/database/seats.ts'

it.each([
  ['bigint(20)', 'mariadb', 'bigint'],
  ['bigint', 'mysql', 'bigint'],
  ['BIGINT(20)', 'tidb', 'bigint'],
  ['bigint(20) unsigned', 'mariadb', 'bigint unsigned'],
  ['int(11)', 'mysql', 'int'],
  ['tinyint(1)', 'mariadb', 'tinyint'],
  ['point', 'mysql', 'point'],
  ['char(36) character set ascii collate ascii_bin', 'mysql', 'char(36) character set ascii collate ascii_bin'],
  ['longtext character set utf8mb4 collate utf8mb4_bin', 'mariadb', 'json'],
  ['longtext character set utf8mb4 collate utf8mb4_bin', 'mysql', 'longtext character set utf8mb4 collate utf8mb4_bin'],
  [
    'longtext character set utf8mb4 collate utf8mb4_general_ci',
    'mariadb',
    'longtext character set utf8mb4 collate utf8mb4_general_ci',
  ],
  ['json', 'mysql', 'json'],
  ['json character set binary collate binary', 'tidb', 'json'],
] as const)('%s of %s is %s', (type, server, normal) => expect(normaliseMysqlType(type, server)).toBe(normal))

it.each([
  ['character varying(36) collate "C"', 'varchar(36) collate "C"'],
  ['character varying', 'varchar'],
  ['character(36)', 'char(36)'],
  ['int8', 'bigint'],
  ['bigint', 'bigint'],
  ['integer', 'integer'],
  ['jsonb', 'jsonb'],
])('%s of PostgreSQL is %s', (type, normal) => expect(normalisePostgresType(type)).toBe(normal))

it.each([
  ['INTEGER', 'integer'],
  ['bigint', 'integer'],
  ['VARCHAR(64)', 'text'],
  ['clob', 'text'],
  ['', 'blob'],
  ['double precision', 'real'],
  ['decimal(3)', 'numeric'],
])('%s of SQLite is %s', (type, affinity) => expect(sqliteAffinity(type)).toBe(affinity))

it.each([
  ['create table t (x integer check (x > 0))', [['', '(x > 0)']]],
  [
    'create table t (x, constraint "a b" CHECK(x in (1, (2))), y check ( y <> \')\' ))',
    [
      ['a b', '(x in (1, (2)))'],
      ['', "( y <> ')' )"],
    ],
  ],
  [
    'create table t (x /* check (x) */, "check" text, -- check (y)\n y default \'check (z)\', [check] (1), z check_ (2))',
    [],
  ],
  [
    'create table t (x constraint c /* why */ check /* is */ (x > ")" or `(` is null))',
    [['c', '(x > ")" or `(` is null)']],
  ],
] as const)('finds the checks in %s', (sql, checks) => {
  expect(findChecks(sql).map(({ name, condition }) => [name, condition])).toEqual(checks)
})

describe('foundSqlShape', () => {
  const column = (name: string, type: string) => ({
    of_table: 'seats',
    name,
    type,
    required: 1,
    filled: 0,
    generated: 0,
  })
  const ascii = 'character set ascii collate ascii_bin'
  const utf8 = 'character set utf8mb4 collate utf8mb4_bin'
  const term = (name: string, on: string, unique: number) => ({
    TABLE_NAME: 'seats',
    NON_UNIQUE: 1 - unique,
    INDEX_NAME: name,
    COLUMN_NAME: on,
    COLLATION: 'A',
    SUB_PART: null,
    INDEX_TYPE: 'BTREE',
  })

  const reference = {
    of_table: 'seats',
    name: 'seats_show_id_fk',
    column_name: 'show_id',
    parent: 'shows',
    parent_column: 'id',
  }
  const catalog = (bigint: string, json: string, rule: string): Catalog => ({
    columns: [
      column('id', `char(36) ${ascii}`),
      column('holder', `varchar(64) ${utf8}`),
      column('show_id', bigint),
      column('wishes', json),
      { ...column('others', 'bigint'), of_table: 'shows' },
    ],
    indexes: [
      term('PRIMARY', 'id', 1),
      term('seats_holder_unique', 'holder', 1),
      term('seats_show_id_index', 'show_id', 0),
    ].map(describeMysqlIndex),
    references: [{ ...reference, on_delete: rule, on_update: rule }],
    triggers: [],
    partitions: [],
    checks: [],
  })

  it.each([
    ['mariadb', catalog('bigint(20)', `longtext ${utf8}`, 'RESTRICT')],
    ['mysql', catalog('bigint', 'json', 'NO ACTION')],
    ['mysql', catalog('bigint(20)', 'json', 'RESTRICT')],
  ] as const)('is what was made on %s', (server, rows) => {
    const normalise = (type: string) => normaliseMysqlType(type, server)
    const found = foundSqlShape(seats, rows, normalise)
    expect(found).toEqual(expectedSqlShape(mysqlDialect, seats, normalise))
  })

  it('has columns that the server fills as optional, and what it computes as another type', () => {
    const columns = [
      { ...column('id', 'text'), generated: true },
      { ...column('at', 'bigint'), filled: true },
      { ...column('note', 'text'), required: false },
    ]
    const rows = { ...catalog('bigint', 'json', ''), columns }
    expect(foundSqlShape(seats, rows, String).columns).toEqual([
      { name: 'id', type: 'text generated not null', optional: true },
      { name: 'at', type: 'bigint not null', optional: true },
      { name: 'note', type: 'text null', optional: true },
    ])
  })

  it('tells of rules beyond refusing', () => {
    const rows = {
      ...catalog('bigint', 'json', ''),
      references: [{ ...reference, on_delete: 'CASCADE', limits: 'not valid' }],
    }
    expect(foundSqlShape(seats, rows, String).references).toEqual([
      { columns: ['show_id'], parent: 'shows (id) on delete cascade not valid' },
    ])
  })

  it('expects of SQLite what it makes', () => {
    const shape = expectedSqlShape(sqliteDialect, seats, sqliteAffinity)
    expect(shape.columns?.map(({ type }) => type)).toEqual([
      'text not null',
      'text not null',
      'integer not null',
      'text not null',
    ])
  })
})

it.each([
  [{}, { term: 'holder', limits: '' }],
  [
    { SUB_PART: 10, COLLATION: 'D' },
    { term: 'holder(10) desc', limits: '' },
  ],
  [{ COLUMN_NAME: null, EXPRESSION: 'lower(`holder`)' }, { term: '(lower(`holder`))' }],
  [{ IS_VISIBLE: 'NO' }, { limits: 'invisible' }],
  [{ IGNORED: 'YES' }, { limits: 'invisible' }],
  [{ IGNORED: 'NO', IS_VISIBLE: 'YES' }, { limits: '' }],
  [{ INDEX_TYPE: 'FULLTEXT' }, { limits: 'fulltext' }],
  [
    { INDEX_NAME: 'PRIMARY', NON_UNIQUE: 0 },
    { is_primary: 1, is_unique: 1 },
  ],
])('a row of statistics with %j is %j', (row, shape) => {
  const usual = { table_name: 'seats', index_name: 'x', column_name: 'holder', non_unique: 1, index_type: 'BTREE' }
  const upper = Object.fromEntries(Object.entries(usual).map(([name, value]) => [name.toUpperCase(), value]))
  expect(describeMysqlIndex({ ...upper, ...row })).toMatchObject(shape)
})

it.each<[Partial<IndexDescriptionInfo>, Partial<IndexShape>]>([
  [{ key: { show_id: 1 } }, { columns: ['show_id'], unique: false, limits: '' }],
  [
    { key: { holder: 1, _id: -1 }, unique: true },
    { columns: ['holder', 'id desc'], unique: true },
  ],
  [{ key: { _id: 'hashed' } }, { columns: ['id hashed'] }],
  [{ key: { show_id: 1 }, sparse: true, hidden: true }, { limits: 'sparse, hidden' }],
  [{ key: { show_id: 1 }, partialFilterExpression: { show_id: { $gt: 1 } } }, { limits: 'partial' }],
  [
    { key: { show_id: 1 }, expireAfterSeconds: 60, collation: { locale: 'de' } },
    { limits: 'collate de, expires after 60 s' },
  ],
])('an index of MongoDB with %j is %j', (given, shape) => {
  const description = { v: 2, name: 'x', ...given } as IndexDescriptionInfo
  expect(describeMongoIndex(seats, description)).toMatchObject({ name: 'x', ...shape })
})
