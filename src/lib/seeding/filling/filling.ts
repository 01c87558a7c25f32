import type { AnyLayout, AnyTable } from '../../ports/database.ts'
import type { Random } from '../../base/random.ts'
import type { ColumnGenerator } from './generators.ts'

/** Rows of one table that have the same columns, and come one after the other. */
export interface FillPart {
  readonly layout: AnyLayout
  readonly rows: number
  /** Writes row `index` (from 0) at `offset`. */
  readonly writeRow: (target: Buffer, offset: number, index: number, random: Random) => void
}

/** A table, and what it is filled with: several parts where some rows leave out columns that others have. */
export interface TableFilling {
  readonly table: AnyTable
  readonly parts: readonly FillPart[]
  /** Settings that its rows follow from, by their flags: a table that was filled by others is another one. */
  readonly amount: Readonly<Record<string, number>>
}

/** All tables of a workload, as the settings ask for them. No table refers to another. */
export interface Filling {
  readonly workload: string
  readonly tables: readonly TableFilling[]
}

/** A part of a table: so many rows, each column by its generator. Columns that are left out get null, or their default. */
export function fillPart(table: AnyTable, rows: number, columns: Readonly<Record<string, ColumnGenerator>>): FillPart {
  const given = Object.entries(columns)
  const unknown = given.find(([column]) => !Object.hasOwn(table.columns, column))
  if (unknown) throw new TypeError(`${table.name} has no column ${unknown[0]}`)
  let rowBytes = 0
  const fields = given.map(([column, { width, write }]) => {
    const offset = rowBytes
    rowBytes += width + 1
    return { column, offset, width, write, end: offset + width }
  })
  const last = rowBytes - 1
  return {
    layout: { table, fields: fields.map(({ column, offset, width }) => ({ column, offset, width })), rowBytes },
    rows,
    writeRow(target, offset, index, random) {
      for (const field of fields) {
        field.write(target, offset + field.offset, index, random)
        target[offset + field.end] = tab
      }
      target[offset + last] = newline
    },
  }
}

const tab = 9
const newline = 10
