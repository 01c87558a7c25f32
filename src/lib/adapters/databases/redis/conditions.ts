import type { AnyTable, Value } from '../../../ports/database.ts'
import { isInteger } from './definition.ts'
import type { Term } from './rows.ts'

type Row = Readonly<Record<string, Value>>

/** Whether a row meets all conditions. */
export function createFilter(table: AnyTable, terms: readonly Term[]): (row: Row) => boolean {
  const tests = terms.map((term) => createTest(table, term))
  return (row) => tests.every((test) => test(row))
}

function createTest(table: AnyTable, [column, operator, given]: Term): (row: Row) => boolean {
  const typed = (text: string): Value => (isInteger(table, column) ? Number(text) : text)
  if (operator === 'in') {
    const values = new Set((given as readonly string[]).map(typed))
    return (row) => values.has(row[column] as Value)
  }
  const value = typed(given as string)
  if (operator === 'eq') return (row) => row[column] === value
  const holds = { gt: isMore, gte: isNotLess, lt: isLess, lte: isNotMore }[operator]
  return (row) => holds(compareValues(row[column] as Value, value))
}

const isMore = (order: number): boolean => order > 0
const isNotLess = (order: number): boolean => order >= 0
const isLess = (order: number): boolean => order < 0
const isNotMore = (order: number): boolean => order <= 0

/** For sorting by these columns. */
export function createOrder(columns: readonly string[], descending: boolean): (a: Row, b: Row) => number {
  const sign = descending ? -1 : 1
  return (a, b) => {
    for (const column of columns) {
      const order = compareValues(a[column] as Value, b[column] as Value)
      if (order !== 0) return sign * order
    }
    return 0
  }
}

/** Negative when `a` comes first; texts by their bytes, as the server sorts them. */
export function compareValues(a: Value, b: Value): number {
  return typeof a === 'string' && typeof b === 'string' ? compareTexts(a, b) : Number(a) - Number(b)
}

/** In UTF-8, what JavaScript writes as a pair of surrogates comes after everything else. */
function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (x !== y) return rankOf(x) - rankOf(y)
  }
  return a.length - b.length
}

function rankOf(unit: number): number {
  const isSurrogate = unit >= 0xd8_00 && unit < 0xe0_00
  return isSurrogate ? unit + 0x1_00_00 : unit
}
