import type { AnyPatch, AnyTable, AnyWhere, Condition, Value } from '../../../ports/database.ts'
import { isInteger } from './definition.ts'

/** A condition of a guard: the column, the operator, and one text or a list of them. */
export type Term = readonly [
  column: string,
  operator: 'eq' | 'gt' | 'gte' | 'lt' | 'lte' | 'in',
  value: string | readonly string[],
]

/** A column's new value. */
export type Assignment = readonly [column: string, operator: 'set' | 'add', value: string]

/** A value as it is kept: a whole number in decimal, a text as it is; half a surrogate pair becomes U+FFFD. */
export function textOf(value: Value): string {
  if (value === null) throw new TypeError('no column can be null')
  return typeof value === 'number' ? String(value) : value.toWellFormed()
}

/** A row as it is kept, its columns in the table's order. Throws TypeError for a row without one of the columns. */
export function encodeRow(table: AnyTable, row: object): string {
  const values = row as Record<string, Value | undefined>
  return JSON.stringify(
    Object.keys(table.columns).map((column) => {
      const value = values[column]
      if (value === undefined) throw new TypeError(`a row has no ${column}`)
      return textOf(value)
    }),
  )
}

/**
 * Reads rows of a table as the server keeps it, whose columns may be more than are asked for. Throws TypeError for a
 * column that it does not have.
 */
export function createRowReader(
  table: AnyTable,
  wanted: readonly string[],
  stored: string,
): (row: readonly string[]) => Record<string, Value> {
  const places = stored.split(' ')
  const fields = wanted.map((column) => {
    const place = places.indexOf(column)
    if (place < 0) throw new TypeError(`${table.name} has no column ${column}`)
    return { column, place, integer: isInteger(table, column) }
  })
  return (texts) => {
    const row: Record<string, Value> = {}
    for (const { column, place, integer } of fields) {
      const text = texts[place] as string
      row[column] = integer ? Number(text) : text
    }
    return row
  }
}

/** The table's columns as a plan names them, and as the scripts compare them with the stored definition. */
export function columnsOf(table: AnyTable): string {
  return Object.keys(table.columns).join(' ')
}

const operators = ['gt', 'gte', 'lt', 'lte', 'in'] as const

/** The conditions one by one. Throws TypeError for a condition that is undefined or about a column that is not there. */
export function toTerms(table: AnyTable, where: AnyWhere): Term[] {
  return (Object.entries(where) as [string, Condition<Value> | undefined][]).flatMap(([column, condition]): Term[] => {
    if (!Object.hasOwn(table.columns, column)) throw new TypeError(`${table.name} has no column ${column}`)
    // Left out, it would match every row.
    if (condition === undefined) throw new TypeError(`no value for ${column}`)
    // No column is null.
    if (condition === null) return [[column, 'in', []]]
    if (typeof condition !== 'object') return [[column, 'eq', textOf(condition)]]
    return operators.flatMap((operator): Term[] => {
      const given = condition[operator]
      if (given === undefined) return []
      if (operator === 'in') return [[column, 'in', [...new Set((given as readonly Value[]).map(textOf))]]]
      return [[column, operator, textOf(given as Value)]]
    })
  })
}

/** A patch one by one. Throws TypeError for the primary key, which stays what it is. */
export function toAssignments(table: AnyTable, patch: AnyPatch): Assignment[] {
  return (Object.entries(patch) as [string, Value | { readonly add: number }][]).map(([column, value]): Assignment => {
    if (column === table.primaryKey) throw new TypeError(`the key of ${table.name} cannot be changed`)
    if (!Object.hasOwn(table.columns, column)) throw new TypeError(`${table.name} has no column ${column}`)
    return typeof value === 'object' && value !== null
      ? [column, 'add', String(value.add)]
      : [column, 'set', textOf(value)]
  })
}
