import { mix32 } from '../../base/random.ts'
import { writeDigits } from '../../seeding/digits.ts'
import { fillPart, type TableFilling } from '../../seeding/filling/filling.ts'
import { letters, type ColumnGenerator } from '../../seeding/filling/generators.ts'
import { ascii, defineTable, text } from '../shared/tables.ts'

/** Settings that the table and its records follow from. */
export interface RecordSize {
  /** Records that the table is filled with. */
  readonly tableRows: number
  readonly fields: number
  readonly fieldLength: number
}

const prefix = 'user'
/** Two numbers of 32 bits. */
const halfDigits = 10
const keyLength = prefix.length + 2 * halfDigits

/** Spreads neighbours over all keys, as YCSB's hash does, and gives no two of 2^32 records the same. */
const halves = (record: number): [number, number] => [mix32(record ^ 0x5bd1e995), mix32(record)]

/** The key of a record, by its number from 0: `user` and twenty digits, so that keys are in no order of the records. */
export function recordKey(record: number): string {
  return (
    prefix +
    halves(record)
      .map((half) => String(half).padStart(halfDigits, '0'))
      .join('')
  )
}

/** A key of the same form for a name: that of a record that is inserted. */
export function spreadKey(name: string): string {
  let high = 0x811c9dc5
  let low = 0x01000193
  for (let at = 0; at < name.length; at++) {
    high = mix32(high ^ name.charCodeAt(at))
    low = mix32(low + Math.imul(name.charCodeAt(at), 0x9e3779b1))
  }
  return prefix + String(high).padStart(halfDigits, '0') + String(low).padStart(halfDigits, '0')
}

const keys: ColumnGenerator = {
  width: keyLength,
  write(target, offset, index) {
    target.write(prefix, offset, 'latin1')
    const [high, low] = halves(index)
    writeDigits(target, offset + prefix.length, halfDigits, high)
    writeDigits(target, offset + prefix.length + halfDigits, halfDigits, low)
  },
}

/** The names of a record's fields: `field0` and so on. */
function fieldNames({ fields }: Pick<RecordSize, 'fields'>): string[] {
  return Array.from({ length: fields }, (_, number) => `field${number}`)
}

/** YCSB's one table. */
export function usertable(size: Omit<RecordSize, 'tableRows'>) {
  const field = text(size.fieldLength)
  const fields = Object.fromEntries(fieldNames(size).map((name) => [name, field]))
  return defineTable({ name: 'usertable', columns: { ycsb_key: ascii(keyLength), ...fields }, primaryKey: 'ycsb_key' })
}

/** The table with its records, whose fields are random letters and digits. */
export function recordFilling(size: RecordSize): readonly TableFilling[] {
  const { tableRows, fields, fieldLength } = size
  const table = usertable(size)
  const values = Object.fromEntries(fieldNames(size).map((name) => [name, letters(fieldLength)]))
  const amount = { 'table-rows': tableRows, fields, 'field-length': fieldLength }
  return [{ table, amount, parts: [fillPart(table, tableRows, { ycsb_key: keys, ...values })] }]
}
