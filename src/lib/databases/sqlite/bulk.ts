import { failure } from '../../errors.ts'
import type { AnyLayout, Block, BulkLoader, Column, EncodedRows, InsertStrategy, Value } from '../port.ts'
import { endStatements } from '../sql/block-end.ts'
import type { Statements } from '../sql/statements.ts'
import type { SqliteConnection } from './connection.ts'
import { isConstraintViolation } from './errors.ts'

const durability = 'synchronous=normal, WAL checkpointed at the end'

/** The ways in, fastest first. */
export function sqliteStrategies(connection: SqliteConnection, statements: Statements): InsertStrategy[] {
  return [
    {
      name: 'one-buffer',
      durability,
      unavailable: async () => null,
      open: async (layout) => openLoader(connection, statements, oneBufferInsert(connection, layout)),
    },
    {
      name: 'multi-row-insert',
      durability,
      unavailable: async () => null,
      open: async (layout) => openLoader(connection, statements, multiRowInsert(connection, layout)),
    },
  ]
}

/** Inserts a chunk and returns how many rows were stored. */
type InsertChunk = (chunk: EncodedRows) => number

function openLoader(connection: SqliteConnection, statements: Statements, insert: InsertChunk): BulkLoader {
  // A crash of the process loses nothing; one of the machine loses blocks that were not yet checkpointed.
  connection.run('pragma synchronous = normal')
  return {
    async load(block, end) {
      connection.transaction(() => {
        const stored = insertOrRefuse(insert, block)
        if (stored !== block.rows) throw failure('rows-differ', { sent: block.rows, stored, warnings: 0 })
        for (const statement of endStatements(statements, end)) connection.execute(statement)
      })
    },
    async close() {
      connection.run('pragma synchronous = full')
      connection.run('pragma wal_checkpoint(truncate)')
    },
  }
}

/** A row that breaks a key or a reference fails its whole statement; of the block nothing is kept. */
function insertOrRefuse(insert: InsertChunk, block: Block): number {
  try {
    let stored = 0
    for (const chunk of block.chunks()) stored += insert(chunk)
    return stored
  } catch (error) {
    if (!isConstraintViolation(error)) throw error
    throw failure('rows-differ', { sent: block.rows, stored: 0, warnings: 0 }, error)
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
  const statement = connection.prepare(
    `with recursive rows(n) as (select 0 union all select n + 1 from rows where n + 1 < ?2)
     insert into "${layout.table.name}" (${columns}) select ${cuts.join(', ')} from rows`,
  )
  return ({ bytes, rows }) => Number(statement.run(bytes, rows).changes)
}

function multiRowInsert(connection: SqliteConnection, layout: AnyLayout): InsertChunk {
  const columns = layout.fields.map(({ column }) => `"${column}"`).join(', ')
  const tuple = `(${layout.fields.map(() => '?').join(', ')})`
  return (chunk) => {
    const sql = `insert into "${layout.table.name}" (${columns}) values ${Array(chunk.rows).fill(tuple).join(', ')}`
    return Number(connection.prepare(sql).run(...decodeRows(chunk, layout)).changes)
  }
}

function decodeRows({ bytes, rows }: EncodedRows, layout: AnyLayout): Value[] {
  const values: Value[] = []
  for (let row = 0; row < rows; row++) {
    for (const { column, offset, width } of layout.fields) {
      const at = row * layout.rowBytes + offset
      const text = bytes.toString('latin1', at, at + width)
      const { type } = layout.table.columns[column] as Column
      values.push(type === 'integer' ? Number(text) : text)
    }
  }
  return values
}
