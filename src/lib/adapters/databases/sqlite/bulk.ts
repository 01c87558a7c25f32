import { failure } from '../../../base/errors/errors.ts'
import type { AnyLayout, Block, BulkLoader, Column, EncodedRows, InsertStrategy } from '../../../ports/database.ts'
import { endStatements, rowsDiffer } from '../sql/bulk.ts'
import type { Statements } from '../sql/statements.ts'
import type { SqliteConnection } from './connection.ts'
import { isConstraintViolation } from './errors.ts'
import { useRollbackJournal } from './session.ts'
import { rowsPerChunk } from '../../../base/limits.ts'

/** Settings while rows are loaded. References are checked once for each value that occurs, not once for each row. */
const whileLoading = ['temp_store = memory', 'foreign_keys = off']
const afterwards = ['foreign_keys = on', 'temp_store = default']

/** The bulk strategy. */
export function sqliteStrategies(
  connection: SqliteConnection,
  statements: Statements,
  durability: string,
): InsertStrategy[] {
  return [
    {
      name: 'one-buffer',
      durability,
      unavailable: async () => null,
      open: async (layout) => openLoader(connection, statements, layout),
    },
  ]
}

/** Inserts a chunk and returns how many rows were stored. */
type InsertChunk = (chunk: EncodedRows) => number

function openLoader(connection: SqliteConnection, statements: Statements, layout: AnyLayout): BulkLoader {
  const useWal = useRollbackJournal(connection)
  for (const setting of whileLoading) connection.run(`pragma ${setting}`)
  const insert = oneBufferInsert(connection, layout)
  const references = createReferenceCheck(connection, layout)
  return {
    async load(block, end) {
      connection.transaction(() => {
        const stored = insertOrRefuse(block, (chunk) => {
          references.note(chunk)
          return insert(chunk)
        })
        if (stored !== block.rows) throw rowsDiffer(block, stored)
        references.verify(block.rows)
        for (const statement of endStatements(statements, end)) connection.execute(statement)
      })
    },
    async close() {
      for (const setting of afterwards) connection.run(`pragma ${setting}`)
      useWal()
    },
  }
}

/** A row that breaks a key fails its whole statement; of the block nothing is kept. */
function insertOrRefuse(block: Block, insert: InsertChunk): number {
  try {
    let stored = 0
    for (const chunk of block.chunks()) stored += insert(chunk)
    return stored
  } catch (error) {
    if (!isConstraintViolation(error)) throw error
    throw rowsDiffer(block, 0, 0, error)
  }
}

/**
 * Binds one buffer of many fixed-width rows and cuts it up in SQL: one call into SQLite for a
 * thousand rows, and no JavaScript value for any of their columns.
 */
function oneBufferInsert(connection: SqliteConnection, layout: AnyLayout): InsertChunk {
  const columns = layout.fields.map(({ column }) => `"${column}"`).join(', ')
  const cuts = layout.fields.map(({ column, offset, width }) => {
    const type = layout.table.columns[column] as Column
    const cut = `substr(?1, n * ${layout.rowBytes} + ${offset + 1}, ${width})`
    return `cast(${cut} as ${type.type === 'integer' ? 'integer' : 'text'})`
  })
  makeNumbers(connection)
  const statement = connection.prepare(
    `insert into "${layout.table.name}" (${columns}) select ${cuts.join(', ')} from temp.rushbench_numbers where n < ?2`,
  )
  return ({ bytes, rows }) => Number(statement.run(bytes, rows).changes)
}

/** The numbers of a chunk's rows; a table costs half of what it takes to count in SQL. */
function makeNumbers(connection: SqliteConnection): void {
  connection.run('create temp table if not exists rushbench_numbers (n integer primary key)')
  connection.run(
    `insert or ignore into temp.rushbench_numbers
     with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n + 1 < ${rowsPerChunk})
     select n from numbers`,
  )
}

/** Checks the references of a block against their tables, once for each value rather than once for each row. */
interface ReferenceCheck {
  /** Notes the values that the chunk's rows refer by. */
  note(chunk: EncodedRows): void
  /** Throws `rows-differ` when a value that was noted since the last call is in no row. */
  verify(sentRows: number): void
}

/** A check of all references of the layout's table. */
function createReferenceCheck(connection: SqliteConnection, layout: AnyLayout): ReferenceCheck {
  const references = layout.table.references.flatMap(({ column, table, key }) =>
    layout.fields
      .filter((field) => field.column === column)
      .map(({ offset, width }) => ({
        offset,
        width,
        isInteger: (layout.table.columns[column] as Column).type === 'integer',
        sql: `select count(*) as found from "${table}" where "${key}" in (select value from json_each(?))`,
        values: new Set<string>(),
      })),
  )
  return {
    note({ bytes, rows }) {
      for (const { offset, width, values } of references) {
        for (let row = 0; row < rows; row++) {
          const at = row * layout.rowBytes + offset
          if (row > 0 && isSame(bytes, at - layout.rowBytes, at, width)) continue
          values.add(bytes.toString('latin1', at, at + width))
        }
      }
    },
    verify(sentRows) {
      for (const { values, sql, isInteger } of references) {
        const keys = isInteger ? Array.from(values, Number) : [...values]
        values.clear()
        const [row] = connection.query({ sql, parameters: [JSON.stringify(keys)] })
        if (row?.['found'] !== keys.length) throw failure('rows-differ', { sent: sentRows, stored: 0, warnings: 0 })
      }
    },
  }
}

function isSame(bytes: Buffer, left: number, right: number, width: number): boolean {
  for (let i = 0; i < width; i++) if (bytes[left + i] !== bytes[right + i]) return false
  return true
}
