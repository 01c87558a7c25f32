import type { AnyLayout, Value } from '../../../ports/database.ts'
import { fieldOf } from './documents.ts'
import type { Doc } from './connection.ts'

/** Turns encoded rows into documents. */
export interface RowEncoder {
  /** The longest document in BSON. */
  readonly documentBytes: number
  /** `count` rows from row `first` on as BSON documents, one behind the other; in `spare` if that has room for them. */
  encode(rows: Buffer, first: number, count: number, spare?: Buffer): Buffer
  /** One row as the document that the driver would give back. */
  document(rows: Buffer, row: number): Doc
  key(rows: Buffer, row: number): Doc['_id']
  /** One row's value in a column. Throws TypeError for a column that the layout does not have. */
  value(rows: Buffer, row: number, column: string): Value
}

type Kind = 'text' | 'int32' | 'double'

interface Field {
  readonly column: string
  readonly name: string
  readonly kind: Kind
  /** In an encoded row. */
  readonly from: number
  readonly width: number
}

/** The range of an int32. The driver itself writes larger whole numbers as doubles. */
const int32Digits = 9
const typeBytes: Readonly<Record<Kind, number>> = { double: 1, text: 2, int32: 16 }
const digitZero = 48

/**
 * All rows of a layout make documents of one length, whose values stand in the same places: one is built as a template,
 * and only the bytes of the values are copied into the others.
 */
export function createRowEncoder(layout: AnyLayout): RowEncoder {
  const fields = fieldsOf(layout)
  const { template, offsets } = buildTemplate(fields)
  const { rowBytes } = layout
  const byColumn = new Map(fields.map((field) => [field.column, field]))
  const keyField = fields[0] as Field
  return {
    documentBytes: template.length,
    encode(rows, first, count, spare) {
      const length = count * template.length
      const target = spare && spare.length >= length ? spare.subarray(0, length) : Buffer.allocUnsafe(length)
      for (let i = 0; i < count; i++) {
        const to = i * template.length
        const from = (first + i) * rowBytes
        template.copy(target, to)
        for (let f = 0; f < fields.length; f++) {
          writeValue(target, to + (offsets[f] as number), rows, from, fields[f] as Field)
        }
      }
      return target
    },
    document(rows, row) {
      return Object.fromEntries(
        fields.map((field) => [field.name, readValue(rows, row * rowBytes, field)]),
      ) as unknown as Doc
    },
    key: (rows, row) => readValue(rows, row * rowBytes, keyField),
    value(rows, row, column) {
      const field = byColumn.get(column)
      if (!field) throw new TypeError(`the layout has no ${column}`)
      return readValue(rows, row * rowBytes, field)
    },
  }
}

/** The key first, as in every document. */
function fieldsOf({ table, fields }: AnyLayout): Field[] {
  const all = fields.map(({ column, offset, width }): Field => {
    const isText = table.columns[column]?.type !== 'integer'
    const kind = isText ? 'text' : width <= int32Digits ? 'int32' : 'double'
    return { column, name: fieldOf(table, column), kind, from: offset, width }
  })
  return all.sort((a, b) => Number(b.name === '_id') - Number(a.name === '_id'))
}

/** A document with every value left empty, and where each value begins. */
function buildTemplate(fields: readonly Field[]): { template: Buffer; offsets: number[] } {
  const parts: Buffer[] = [Buffer.alloc(4)]
  const offsets: number[] = []
  let length = 4
  const add = (part: Buffer) => {
    parts.push(part)
    length += part.length
  }
  for (const { name, kind, width } of fields) {
    add(Buffer.from([typeBytes[kind]]))
    add(Buffer.from(`${name}\0`))
    if (kind === 'text') add(int32(width + 1))
    offsets.push(length)
    add(Buffer.alloc(kind === 'text' ? width + 1 : kind === 'int32' ? 4 : 8))
  }
  add(Buffer.alloc(1))
  const template = Buffer.concat(parts)
  template.writeInt32LE(length)
  return { template, offsets }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

function writeValue(target: Buffer, at: number, rows: Buffer, rowAt: number, field: Field): void {
  const from = rowAt + field.from
  if (field.kind === 'text') rows.copy(target, at, from, from + field.width)
  else if (field.kind === 'int32') target.writeInt32LE(readDigits(rows, from, field.width), at)
  else target.writeDoubleLE(readDigits(rows, from, field.width), at)
}

function readValue(rows: Buffer, rowAt: number, { kind, from, width }: Field): string | number {
  const at = rowAt + from
  return kind === 'text' ? rows.toString('latin1', at, at + width) : readDigits(rows, at, width)
}

function readDigits(rows: Buffer, at: number, width: number): number {
  let value = 0
  for (let i = at; i < at + width; i++) value = value * 10 + ((rows[i] as number) - digitZero)
  return value
}
