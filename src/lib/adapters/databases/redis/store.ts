import type {
  AnyPatch,
  AnyTable,
  AnyWhere,
  ColumnName,
  FindOptions,
  Patch,
  Store,
  Table,
  Value,
  Where,
} from '../../../ports/database.ts'
import { chunksOf } from '../../../base/chunks.ts'
import { createOrder } from './conditions.ts'
import type { RedisConnection } from './connection.ts'
import { indexesOf, isInteger } from './definition.ts'
import { codeOf } from './errors.ts'
import { readPages } from './read.ts'
import { keysIn } from './read-plans.ts'
import { countByScript, countScript, type CountByAnswer } from './read-scripts.ts'
import { textOf, toAssignments, toTerms, type Assignment, type Term } from './rows.ts'
import { encodeRows, removeKeys, rowsPerWrite, write, type PlannedChange } from './write.ts'

type Row = Record<string, Value>

/** Values that are counted by one run of the script. */
const valuesPerPage = 250

/** `Store` on Redis: a batch of `apply`, or what is about one row, is one step; more rows are changed some at a time. */
export function createRedisStore(connection: RedisConnection): Store {
  return {
    insert: (table, rows) => insertRows(connection, table, rows),
    find: async <R extends object, C extends ColumnName<R>>(
      table: Table<R>,
      where: Where<R>,
      options: FindOptions<R, C> = {},
    ) => (await find(connection, table, where, options as FindOptions<object>)) as Pick<R, C>[],
    update: <R extends object>(table: Table<R>, where: Where<R>, patch: Patch<R>) =>
      change(connection, table, where, patch),
    remove: (table, where) => change(connection, table, where, null),
    scan: <R extends object, C extends ColumnName<R>>(table: Table<R>, columns?: readonly C[]) =>
      scan(connection, table, columns) as AsyncIterable<Pick<R, C>>,
    count: (table) => connection.run<number>(countScript, [table.name]),
    countBy: (table, column) => countBy(connection, table, column),
    async apply(changes) {
      if (changes.length === 0) return []
      const planned = changes.map(({ guard, insert }): PlannedChange => {
        return {
          guard: guard && {
            table: guard.table,
            terms: toTerms(guard.table, guard.where),
            patch: toAssignments(guard.table, guard.patch),
          },
          insert: insert.map(({ table, rows }) => ({ table, rows: encodeRows(table, rows) })),
        }
      })
      const [hits] = await write(connection, planned)
      return hits.map((rows) => rows !== 0)
    },
  }
}

/**
 * Stores all rows or none: many are stored some at a time, and when a key is there already those before it are removed
 * again. Others may see them meanwhile. After any other error some may be stored.
 */
async function insertRows(connection: RedisConnection, table: AnyTable, rows: readonly object[]): Promise<void> {
  const keyOf = (row: object): string => textOf((row as Row)[table.primaryKey] as Value)
  let stored = 0
  try {
    for (const some of chunksOf(encodeRows(table, rows), rowsPerWrite)) {
      await write(connection, [{ guard: null, insert: [{ table, rows: some }] }])
      stored += some.length
    }
  } catch (error) {
    const isRefused = ['DUPLICATE', 'ORPHAN'].includes(codeOf(error))
    if (isRefused) await removeKeys(connection, table, rows.slice(0, stored).map(keyOf))
    throw error
  }
}

async function find(
  connection: RedisConnection,
  table: AnyTable,
  where: AnyWhere,
  { columns, orderBy = [], descending = false, limit }: FindOptions<Row>,
): Promise<Row[]> {
  if (limit === 0) return []
  const found: Row[] = []
  const wanted = columns && { columns: [...new Set([...columns, ...orderBy])] }
  const reading = { terms: toTerms(table, where), orderBy, descending, indexes: indexesOf(table), limit, ...wanted }
  for await (const { rows, isOrdered } of readPages(connection, table, reading)) {
    for (const row of rows) found.push(row)
    if (isOrdered && limit !== undefined && found.length >= limit) return narrowed(found.slice(0, limit), columns)
  }
  if (orderBy.length > 0) found.sort(createOrder(orderBy, descending))
  return narrowed(limit === undefined ? found : found.slice(0, limit), columns)
}

/** Rows without the columns that were only read to sort them. */
function narrowed(rows: Row[], columns: readonly string[] | undefined): Row[] {
  if (!columns) return rows
  return rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column] as Value])))
}

async function* scan(connection: RedisConnection, table: AnyTable, columns?: readonly string[]) {
  const reading = {
    terms: [],
    orderBy: [table.primaryKey],
    descending: false,
    indexes: [],
    ...(columns && { columns }),
  }
  for await (const { rows } of readPages(connection, table, reading)) yield* rows
}

/** Changes the rows (or removes them, without a patch) that meet the conditions, and gives their number. */
async function change(
  connection: RedisConnection,
  table: AnyTable,
  where: AnyWhere,
  patch: AnyPatch | null,
): Promise<number> {
  const terms = toTerms(table, where)
  const assignments = patch === null ? null : toAssignments(table, patch)
  let hits = 0
  for await (const keys of keysOf(connection, table, terms, assignments)) {
    for (const some of chunksOf(keys, rowsPerWrite)) {
      const oneOf: Term = [table.primaryKey, 'in', some]
      const guard = { table, terms: [oneOf, ...terms], patch: assignments ?? (false as const) }
      const [[rows = 0]] = await write(connection, [{ guard, insert: [] }])
      hits += rows
    }
  }
  return hits
}

/** The keys of the rows that meet the conditions, or of those that may. */
async function* keysOf(
  connection: RedisConnection,
  table: AnyTable,
  terms: readonly Term[],
  assignments: readonly Assignment[] | null,
): AsyncGenerator<readonly string[]> {
  const keys = keysIn(table, terms)
  if (keys) {
    yield keys
    return
  }
  // Along an index whose columns are changed, a row might be met again further on.
  const indexes = indexesOf(table).filter((columns) => !assignments?.some(([column]) => columns.includes(column)))
  const columns = [table.primaryKey]
  const reading = { terms, orderBy: [], descending: false, indexes, columns }
  for await (const { rows } of readPages(connection, table, reading)) {
    yield rows.map((row) => textOf(row[table.primaryKey] as Value))
  }
}

async function countBy(connection: RedisConnection, table: AnyTable, column: string): Promise<Map<Value, number>> {
  const counts = new Map<Value, number>()
  const index = indexesOf(table).find(([first]) => first === column)
  try {
    if (index) {
      for await (const [text, rows] of countByIndex(connection, table, index)) {
        counts.set(isInteger(table, column) ? Number(text) : text, rows)
      }
      return counts
    }
  } catch (error) {
    if (codeOf(error) !== 'INDEXGONE') throw error
    counts.clear()
  }
  for await (const row of scan(connection, table, [column])) {
    const value = row[column] as Value
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return counts
}

async function* countByIndex(
  connection: RedisConnection,
  table: AnyTable,
  index: readonly string[],
): AsyncGenerator<readonly [value: string, rows: number]> {
  let after: string | null = ''
  while (after !== null) {
    const args: string[] = [table.name, index.join(), after, String(valuesPerPage)]
    const [found, next]: CountByAnswer = await connection.run<CountByAnswer>(countByScript, args)
    for (let at = 0; at < found.length; at += 2) yield [String(found[at]), Number(found[at + 1])]
    after = next
  }
}
