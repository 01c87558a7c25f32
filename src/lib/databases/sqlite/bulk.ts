import { failure } from '../../errors.ts'
import type { BulkLoader, Column, AnyLayout, EncodedRows, InsertStrategy, Value } from '../port.ts'
import { recountStatement } from '../sql/counter.ts'
import { sqliteDialect } from '../sql/dialect.ts'
import type { SqliteConnection } from './connection.ts'
import { isConstraintViolation } from './errors.ts'

/** Rows in one statement; beyond this, larger statements gain nothing. */
const rowsPerStatement = 1000

const durability = 'synchronous=normal, WAL checkpointed at the end'

/** The ways in, fastest first. */
export function sqliteStrategies(connection: SqliteConnection): InsertStrategy[] {
  return [
    {
      name: 'one-buffer',
      durability,
      unavailable: async () => null,
      open: async (layout) => openLoader(connection, oneBufferInsert(connection, layout)),
    },
    {
      name: 'multi-row-insert',
      durability,
      unavailable: async () => null,
      open: async (layout) => openLoader(connection, multiRowInsert(connection, layout)),
    },
  ]
}

/** Inserts rows and returns how many were stored. */
type InsertRows = (block: EncodedRows) => number

function openLoader(connection: SqliteConnection, insert: InsertRows): BulkLoader {
  // A crash of the process loses nothing; one of the machine loses blocks that were not yet checkpointed.
  connection.run('pragma synchronous = normal')
  return {
    async load(block, counter, range) {
      const recount = recountStatement(sqliteDialect, counter, range)
      connection.transaction(() => {
        const stored = insertOrRefuse(insert, block)
        if (stored !== block.rows) throw failure('rows-differ', { sent: block.rows, stored, warnings: 0 })
        connection.execute(recount)
      })
    },
    async close() {
      connection.run('pragma synchronous = full')
      connection.run('pragma wal_checkpoint(truncate)')
    },
  }
}

/** A row that breaks a key or a reference fails its whole statement; of the block nothing is kept. */
function insertOrRefuse(insert: InsertRows, block: EncodedRows): number {
  try {
    return insert(block)
  } catch (error) {
    if (!isConstraintViolation(error)) throw error
    throw failure('rows-differ', { sent: block.rows, stored: 0, warnings: 0 }, error)
  }
}

/**
 * Binds one buffer of many fixed-width rows and cuts it up in SQL: one call into SQLite for a
 * thousand rows, and no JavaScript value for any of their columns.
 */
function oneBufferInsert(connection: SqliteConnection, layout: AnyLayout): InsertRows {
  const columns = layout.fields.map(({ column }) => `"${column}"`).join(', ')
  const cuts = layout.fields.map(({ column, offset, width }) => {
    const type = layout.table.columns[column] as Column
    const cut = `substr(?1, n * ${layout.rowBytes} + ${offset + 1}, ${width})`
    return `cast(${cut} as ${type.type === 'integer' ? 'integer' : 'text'})`
  })
  const statement = connection.prepare(
    `with recursive rows(n) as (select 0 union all select n + 1 from rows where n + 1 < ?2)
     insert into "${layout.table.name}" (${columns}) select ${cuts.join(', ')} from rows`,
  )
  return ({ bytes, rows }) => {
    let stored = 0
    for (let row = 0; row < rows; row += rowsPerStatement) {
      const count = Math.min(rowsPerStatement, rows - row)
      const part = bytes.subarray(row * layout.rowBytes, (row + count) * layout.rowBytes)
      stored += Number(statement.run(part, count).changes)
    }
    return stored
  }
}

function multiRowInsert(connection: SqliteConnection, layout: AnyLayout): InsertRows {
  const columns = layout.fields.map(({ column }) => `"${column}"`).join(', ')
  const tuple = `(${layout.fields.map(() => '?').join(', ')})`
  return (block) => {
    let stored = 0
    for (let row = 0; row < block.rows; row += rowsPerStatement) {
      const count = Math.min(rowsPerStatement, block.rows - row)
      const sql = `insert into "${layout.table.name}" (${columns}) values ${Array(count).fill(tuple).join(', ')}`
      stored += Number(connection.prepare(sql).run(...decodeRows(block, layout, row, count)).changes)
    }
    return stored
  }
}

function decodeRows({ bytes }: EncodedRows, layout: AnyLayout, first: number, count: number): Value[] {
  const values: Value[] = []
  for (let row = first; row < first + count; row++) {
    for (const { column, offset, width } of layout.fields) {
      const at = row * layout.rowBytes + offset
      const text = bytes.toString('latin1', at, at + width)
      const { type } = layout.table.columns[column] as Column
      values.push(type === 'integer' ? Number(text) : text)
    }
  }
  return values
}
