import type { AnyTable, Database, Value } from '../ports/database.ts'
import { failure } from '../base/errors/errors.ts'

type Row = Readonly<Record<string, Value | undefined>>

/** Reads the columns of a table that is perhaps somebody else's, in the order of a scan. */
export interface Columns {
  /** Compared as text, since a ledger has the API's JSON and the database its own types; empty for null. */
  text(row: Row, column: string): string
  /** The primary key. */
  nextId(row: Row): string
  number(row: Row, column: string): number
}

/** Throws `mapping-wrong` for whatever is not in the table, or is of no use for an audit. */
export function createColumns(database: Database, table: AnyTable): Columns {
  const refuse = (column: string, reason: string): Error =>
    failure('mapping-wrong', { url: database.url, reason: `${table.name}.${column} ${reason}` })

  function valueOf(row: Row, column: string): Value {
    const value = row[column]
    if (value === undefined) throw refuse(column, 'is not there')
    return value
  }

  function text(row: Row, column: string): string {
    const value = valueOf(row, column)
    if (typeof value === 'string') return value
    if (Buffer.isBuffer(value)) throw refuse(column, 'has bytes, neither texts nor whole numbers')
    // The driver has rounded it, so that it is no longer the number that the API said.
    if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      throw refuse(column, 'has numbers past 2^53')
    }
    return value === null ? '' : String(value)
  }

  let lastId: string | null = null
  return {
    text,
    nextId(row) {
      const id = text(row, table.primaryKey)
      // A scan goes on behind the last one it has seen, and would leave out others that are equal.
      if (id === lastId) throw refuse(table.primaryKey, `has ${id === '' ? 'nothing' : id} twice; it must be unique`)
      return (lastId = id)
    },
    number(row, column) {
      const value = valueOf(row, column)
      const number = Number(value)
      if (value === null || Number.isNaN(number)) throw refuse(column, `has ${value}, which is no number`)
      return number
    },
  }
}
