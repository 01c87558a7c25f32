import { failure } from '../../../base/errors/errors.ts'
import type { AnyLayout, Column, EncodedRows } from '../../../ports/database.ts'
import type { SqliteConnection } from './connection.ts'

/** Holds the references of a block against their tables, once for each value rather than once for each row. */
export interface ReferenceCheck {
  /** Notes the values that the chunk's rows refer by. */
  note(chunk: EncodedRows): void
  /** Throws `rows-differ` when a value that was noted since the last call is in no row. */
  verify(sentRows: number): void
}

/** A check of all references of the layout's table. */
export function createReferenceCheck(connection: SqliteConnection, layout: AnyLayout): ReferenceCheck {
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
