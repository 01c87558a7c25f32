import { sql } from 'kysely'
import type { AnyPatch, AnyTable, AnyWhere, Condition, Counter, KeyRange, Value } from '../../../ports/database.ts'
import type { SqlDialect } from './dialect.ts'

/** SQL text with its parameters in order. */
export interface Statement {
  readonly sql: string
  readonly parameters: readonly Value[]
}

/** Builds statements; the text for one shape of table, conditions and columns is made once. */
export interface Statements {
  /** At most `maxRowsPerInsert` rows. Throws TypeError for a row without one of the columns. */
  insert(table: AnyTable, rows: readonly object[]): Statement
  /** Makes the statement for one row after the other, with the least work for each. */
  insertOne(table: AnyTable): (row: object) => Statement
  find(table: AnyTable, where: AnyWhere, options: FindShape): Statement
  update(table: AnyTable, where: AnyWhere, patch: AnyPatch): Statement
  remove(table: AnyTable, where: AnyWhere): Statement
  count(table: AnyTable): Statement
  countBy(table: AnyTable, column: string): Statement
  /** Sets the counters of the parents in `range` to capacity - children. */
  recount(counter: Counter, range: KeyRange): Statement
  maxRowsPerInsert(table: AnyTable): number
}

/** Columns (all by default), order and length; `lock` keeps others from writing the rows until the transaction ends. */
export interface FindShape {
  readonly columns?: readonly string[] | undefined
  readonly lock?: boolean
  readonly orderBy?: readonly string[]
  readonly descending?: boolean
  readonly limit?: number
}

type Operator = '=' | '>' | '>=' | '<' | '<=' | 'in' | 'in json'

interface Term {
  readonly column: string
  readonly operator: Operator
  readonly values: readonly Value[]
}

const operators = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const

/** Rows in one INSERT; more make the statement slower to parse than they save. */
const insertRows = 1000

/** Statements in the given dialect. */
export function createStatements(dialect: SqlDialect): Statements {
  const { builder } = dialect
  const texts = new Map<string, string>()

  /** Shapes come from code, so there are few; only the lengths of `in` lists vary. */
  function statement(shape: string, parameters: readonly Value[], build: () => Query): Statement {
    let text = texts.get(shape)
    if (text === undefined) {
      text = build().compile().sql
      texts.set(shape, text)
    }
    return { sql: text, parameters }
  }

  return {
    insert(table, rows) {
      const columns = Object.keys(table.columns)
      const parameters = rows.flatMap((row) => columns.map((column) => valueOf(row, column)))
      return statement(`insert ${table.name} ${rows.length}`, parameters, () =>
        builder.insertInto(table.name).values(rows.map((row) => inColumnOrder(row, columns))),
      )
    },
    insertOne(table) {
      const columns = Object.keys(table.columns)
      const nothing = Object.fromEntries(columns.map((column) => [column, null]))
      const text = builder.insertInto(table.name).values(nothing).compile().sql
      return (row) => ({ sql: text, parameters: columns.map((column) => valueOf(row, column)) })
    },
    find(table, where, options) {
      const { columns = Object.keys(table.columns), orderBy = [], descending = false, limit, lock = false } = options
      const terms = termsOf(where, dialect)
      const shape = `find ${columns.join()} of ${table.name} ${shapeOf(terms)} ${orderBy.join()} ${descending} ${limit ?? ''} ${lock}`
      return statement(shape, valuesOf(terms), () => buildFind(builder, table, terms, options))
    },
    update(table, where, patch) {
      const terms = termsOf(where, dialect)
      const changes = Object.entries(patch) as [string, Value | { readonly add: number }][]
      const shape = `update ${table.name} ${changes.map(([column, change]) => column + (isAdd(change) ? '+' : '=')).join()} ${shapeOf(terms)}`
      const assignedValues = changes.map(([, change]) => (isAdd(change) ? change.add : change))
      return statement(shape, [...assignedValues, ...valuesOf(terms)], () => {
        const set = Object.fromEntries(changes.map(([column, change]) => [column, assigned(column, change)]))
        return narrowed(builder.updateTable(table.name).set(set), terms)
      })
    },
    remove(table, where) {
      const terms = termsOf(where, dialect)
      return statement(`remove ${table.name} ${shapeOf(terms)}`, valuesOf(terms), () =>
        narrowed(builder.deleteFrom(table.name), terms),
      )
    },
    count: (table) =>
      statement(`count ${table.name}`, [], () =>
        builder.selectFrom(table.name).select(({ fn }) => fn.countAll().as('count')),
      ),
    countBy: (table, column) =>
      statement(`count ${table.name} by ${column}`, [], () =>
        builder
          .selectFrom(table.name)
          .select(({ fn, ref }) => [ref(column).as('value'), fn.countAll().as('count')])
          .groupBy(column),
      ),
    recount: (counter, { from, to }) =>
      statement(`recount ${counter.parent.name}.${counter.counter}`, [from, to], () => buildRecount(builder, counter)),
    maxRowsPerInsert: (table) =>
      Math.min(insertRows, Math.floor(dialect.maxParameters / Object.keys(table.columns).length)),
  }
}

type Builder = SqlDialect['builder']

interface Query {
  compile(): { readonly sql: string }
}

function buildFind(
  builder: Builder,
  table: AnyTable,
  terms: readonly Term[],
  { columns = Object.keys(table.columns), orderBy = [], descending = false, limit, lock = false }: FindShape,
): Query {
  let query = narrowed(builder.selectFrom(table.name).select([...columns]), terms)
  for (const column of orderBy) query = query.orderBy(column, descending ? 'desc' : undefined)
  if (lock) query = query.forUpdate()
  return limit === undefined ? query : query.limit(sql.lit(limit))
}

/** Its parameters are both ends of the range of keys. */
function buildRecount(builder: Builder, { parent, child, counter, capacity, reference }: Counter): Query {
  return builder
    .updateTable(parent.name)
    .set(({ eb, ref, selectFrom }) => ({
      [counter]: eb(
        ref(capacity),
        '-',
        selectFrom(child.name)
          .select(({ fn }) => fn.countAll().as('children'))
          .whereRef(`${child.name}.${reference}`, '=', `${parent.name}.${parent.primaryKey}`),
      ),
    }))
    .where(parent.primaryKey, '>=', 0)
    .where(parent.primaryKey, '<=', 0)
}

/** The query with a WHERE of all terms. */
function narrowed<Narrowable extends { where(term: ReturnType<typeof condition>): Narrowable }>(
  query: Narrowable,
  terms: readonly Term[],
): Narrowable {
  return terms.reduce((narrower, term) => narrower.where(condition(term)), query)
}

function valuesOf(terms: readonly Term[]): Value[] {
  return terms.flatMap(({ values }) => values)
}

function condition({ column, operator, values }: Term) {
  if (operator === 'in' && values.length === 0) return sql<boolean>`1 = 0`
  if (operator === 'in') return sql<boolean>`${sql.ref(column)} in (${sql.join(values)})`
  if (operator === 'in json') return sql<boolean>`${sql.ref(column)} in (select value from json_each(${values[0]}))`
  return sql<boolean>`${sql.ref(column)} ${sql.raw(operator)} ${values[0]}`
}

function assigned(column: string, change: Value | { readonly add: number }) {
  return isAdd(change) ? sql`${sql.ref(column)} + ${change.add}` : change
}

function isAdd(change: Value | { readonly add: number }): change is { readonly add: number } {
  return typeof change === 'object' && change !== null
}

function termsOf(where: AnyWhere, { listsAsJson }: SqlDialect): Term[] {
  return (Object.entries(where) as [string, Condition<Value>][]).flatMap(([column, given]): Term[] => {
    if (typeof given !== 'object' || given === null) return [{ column, operator: '=', values: [given] }]
    const ranges = (['gt', 'gte', 'lt', 'lte'] as const)
      .filter((name) => given[name] !== undefined)
      .map((name) => ({ column, operator: operators[name], values: [given[name] as Value] }))
    if (given.in === undefined) return ranges
    if (listsAsJson) return [...ranges, { column, operator: 'in json', values: [JSON.stringify(given.in)] }]
    return [...ranges, { column, operator: 'in', values: given.in }]
  })
}

function shapeOf(terms: readonly Term[]): string {
  return terms.map(({ column, operator, values }) => `${column}${operator}${values.length}`).join()
}

/** The text names the columns in the table's order, whatever order the first row of this shape named them in. */
function inColumnOrder(row: object, columns: readonly string[]): Record<string, Value> {
  return Object.fromEntries(columns.map((column) => [column, valueOf(row, column)]))
}

function valueOf(row: object, column: string): Value {
  const value = (row as Record<string, Value | undefined>)[column]
  if (value === undefined) throw new TypeError(`a row without ${column}`)
  return value
}
