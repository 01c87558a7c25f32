import { fillPart, type TableFilling } from '../../seeding/filling/filling.ts'
import { digitGroups, sequence, uniform } from '../../seeding/filling/generators.ts'
import { char, defineTable, int4, type TypedColumn } from '../shared/tables.ts'

/** Widths of sysbench's columns; it fills them with groups of eleven digits, a dash between two. */
const widths = { c: 120, pad: 60 } as const
const groupsOf = { c: 10, pad: 5 } as const
const digitsInGroup = 11

const id: TypedColumn<number> = { type: 'integer', bytes: 4, generated: true }

/** Table `number` (from 1) of sysbench's OLTP tests. */
export function sbtest(number: number) {
  return defineTable({
    name: `sbtest${number}`,
    columns: { id, k: int4, c: char(widths.c), pad: char(widths.pad) },
    primaryKey: 'id',
    indexes: [['k']],
  })
}

/** Settings that tables and rows follow from. */
export interface SbtestSize {
  readonly tables: number
  readonly tableRows: number
}

/** The tables with their rows: `k` is anywhere among the ids, texts are random digits. */
export function sbtestFilling({ tables, tableRows }: SbtestSize): readonly TableFilling[] {
  const columns = {
    id: sequence({ last: tableRows }),
    k: uniform(1, tableRows),
    c: digitGroups(groupsOf.c, digitsInGroup),
    pad: digitGroups(groupsOf.pad, digitsInGroup),
  }
  return Array.from({ length: tables }, (_, index) => {
    const table = sbtest(index + 1)
    return { table, parts: [fillPart(table, tableRows, columns)], amount: { 'table-rows': tableRows } }
  })
}
