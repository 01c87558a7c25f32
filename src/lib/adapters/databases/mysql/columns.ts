import type { StatementValue } from '../../../ports/database-client.ts'
import { readNumber, readText } from '../sql/value-text.ts'

/** Types of columns (https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html). */
const type = {
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  null: 6,
  timestamp: 7,
  longLong: 8,
  int24: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  varchar: 15,
  bit: 16,
  vector: 242,
  tinyBlob: 249,
  string: 254,
  geometry: 255,
} as const

const unsignedFlag = 0x20
const binaryCharset = 63
/** Behind the texts of a definition: character set, length, type, flags, decimals, and two that mean nothing. */
const fixedBytes = 2 + 4 + 1 + 2 + 1 + 2

/** A column of an answer. */
export interface MysqlColumn {
  readonly name: string
  readonly type: number
  readonly isUnsigned: boolean
  readonly decimals: number
  /** Its texts are bytes. */
  readonly isBinary: boolean
  /** Bytes of its definition, and those at the end of it: with the same ones it is the same column. */
  readonly length: number
  readonly fixed: Buffer
}

/** Whether a definition, from `start` to `end`, is that of this column, which stood at this place in this statement. */
export function isSame({ length, fixed }: MysqlColumn, bytes: Buffer, start: number, end: number): boolean {
  if (end - start !== length) return false
  const at = end - fixedBytes
  for (let index = 0; index < fixedBytes; index++) if (bytes[at + index] !== fixed[index]) return false
  return true
}

/** Catalog, schema, table and its own name stand before the name of a column. */
const textsBeforeName = 4

/** Reads a column's definition. MariaDB may say more of the type between texts and the rest. */
export function readColumn(bytes: Buffer, start: number, end: number): MysqlColumn {
  let at = start
  for (let text = 0; text < textsBeforeName; text++) at += sizeAt(bytes, at)
  const name = bytes.toString('utf8', at + lengthBytesAt(bytes, at), at + sizeAt(bytes, at))
  const fixed = Buffer.from(bytes.subarray(end - fixedBytes, end))
  const code = fixed[6] as number
  const isText = code === type.varchar || (code >= type.tinyBlob && code <= type.string)
  const isOfBytes = code === type.bit || code === type.geometry || code === type.vector
  return {
    name,
    type: code,
    isUnsigned: (fixed.readUInt16LE(7) & unsignedFlag) !== 0,
    decimals: fixed[9] as number,
    isBinary: isOfBytes || (isText && fixed.readUInt16LE(0) === binaryCharset),
    length: end - start,
    fixed,
  }
}

/** Bytes that a length takes (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html). */
export function lengthBytesAt(bytes: Buffer, at: number): number {
  const first = bytes[at] as number
  if (first < 0xfb) return 1
  if (first === 0xfc) return 3
  return first === 0xfd ? 4 : 9
}

/** A length, or a count. */
export function lengthAt(bytes: Buffer, at: number): number {
  const first = bytes[at] as number
  if (first < 0xfb) return first
  if (first === 0xfc) return bytes.readUInt16LE(at + 1)
  if (first === 0xfd) return bytes.readUIntLE(at + 1, 3)
  return Number(bytes.readBigUInt64LE(at + 1))
}

/** A text with its length. */
function sizeAt(bytes: Buffer, at: number): number {
  return lengthBytesAt(bytes, at) + lengthAt(bytes, at)
}

const nullText = 0xfb

/** Reads a row of the text protocol. */
export function readTextRow(bytes: Buffer, start: number, columns: readonly MysqlColumn[]) {
  const row: Record<string, StatementValue> = {}
  let at = start
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index] as MysqlColumn
    if (bytes[at] === nullText) {
      row[column.name] = null
      at++
      continue
    }
    const end = at + sizeAt(bytes, at)
    row[column.name] = readTextValue(bytes, at + lengthBytesAt(bytes, at), end, column)
    at = end
  }
  return row
}

const numbers: ReadonlySet<number> = new Set([
  type.tiny,
  type.short,
  type.long,
  type.float,
  type.double,
  type.longLong,
  type.int24,
  type.year,
])

function readTextValue(bytes: Buffer, start: number, end: number, column: MysqlColumn): StatementValue {
  if (column.isBinary) return new Uint8Array(bytes.subarray(start, end))
  return numbers.has(column.type) ? readNumber(bytes, start, end) : readText(bytes, start, end)
}

/** Bytes before the values of a row: its first one, and a bit for each null, the first two of which mean nothing. */
function nullsEnd(start: number, columns: number): number {
  return start + 1 + ((columns + 9) >> 3)
}

/** Reads a row of the binary protocol. */
export function readBinaryRow(bytes: Buffer, start: number, columns: readonly MysqlColumn[]) {
  const row: Record<string, StatementValue> = {}
  let at = nullsEnd(start, columns.length)
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index] as MysqlColumn
    const bit = index + 2
    if (((bytes[start + 1 + (bit >> 3)] as number) & (1 << (bit & 7))) !== 0) {
      row[column.name] = null
      continue
    }
    const width = widthOf(column, bytes, at)
    row[column.name] = readBinary(bytes, at, at + width, column)
    at += width
  }
  return row
}

const widths: readonly number[] = Array.from({ length: 256 }, (_, code) => {
  if (code === type.tiny) return 1
  if (code === type.short || code === type.year) return 2
  if (code === type.long || code === type.int24 || code === type.float) return 4
  return code === type.longLong || code === type.double ? 8 : 0
})

/** Null takes no place; all others without a width have a length. */
function widthOf({ type: code }: MysqlColumn, bytes: Buffer, at: number): number {
  const width = widths[code] as number
  if (width > 0) return width
  return code === type.null ? 0 : sizeAt(bytes, at)
}

function readBinary(bytes: Buffer, at: number, end: number, column: MysqlColumn): StatementValue {
  const { isUnsigned } = column
  switch (column.type) {
    case type.longLong:
      return readLongLong(bytes, at, isUnsigned)
    case type.long:
    case type.int24:
      return isUnsigned ? bytes.readUInt32LE(at) : bytes.readInt32LE(at)
    case type.short:
      return isUnsigned ? bytes.readUInt16LE(at) : bytes.readInt16LE(at)
    case type.year:
      return bytes.readUInt16LE(at)
    case type.tiny:
      return isUnsigned ? bytes.readUInt8(at) : bytes.readInt8(at)
    case type.float:
      return shortened(bytes.readFloatLE(at))
    case type.double:
      return bytes.readDoubleLE(at)
    case type.date:
    case type.datetime:
    case type.timestamp:
      return readDate(bytes, at, column)
    case type.time:
      return readTime(bytes, at, column)
    case type.null:
      return null
    default: {
      const start = at + lengthBytesAt(bytes, at)
      return column.isBinary ? new Uint8Array(bytes.subarray(start, end)) : readText(bytes, start, end)
    }
  }
}

function readLongLong(bytes: Buffer, at: number, isUnsigned: boolean): number | string {
  const low = bytes.readUInt32LE(at)
  const high = isUnsigned ? bytes.readUInt32LE(at + 4) : bytes.readInt32LE(at + 4)
  const number = high * 2 ** 32 + low
  if (Number.isSafeInteger(number)) return number
  return String(isUnsigned ? bytes.readBigUInt64LE(at) : bytes.readBigInt64LE(at))
}

const [fewestDigits, mostDigits] = [6, 9]

/** The number with the fewest digits that is the same as a float. */
function shortened(float: number): number {
  for (let digits = fewestDigits; digits < mostDigits; digits++) {
    const number = Number(float.toPrecision(digits))
    if (Math.fround(number) === float) return number
  }
  return float
}

/** As the text protocol has it. */
function readDate(bytes: Buffer, at: number, { type: code, decimals }: MysqlColumn): string {
  const length = bytes[at] as number
  const date =
    length === 0 ? '0000-00-00' : `${pad(bytes.readUInt16LE(at + 1), 4)}-${two(bytes, at + 3)}-${two(bytes, at + 4)}`
  if (code === type.date) return date
  const time = length < 7 ? '00:00:00' : `${two(bytes, at + 5)}:${two(bytes, at + 6)}:${two(bytes, at + 7)}`
  return `${date} ${time}${fraction(length < 11 ? 0 : bytes.readUInt32LE(at + 8), decimals)}`
}

function readTime(bytes: Buffer, at: number, { decimals }: MysqlColumn): string {
  const length = bytes[at] as number
  if (length === 0) return `00:00:00${fraction(0, decimals)}`
  const hours = 24 * bytes.readUInt32LE(at + 2) + (bytes[at + 6] as number)
  const micros = length < 12 ? 0 : bytes.readUInt32LE(at + 9)
  return `${bytes[at + 1] === 1 ? '-' : ''}${pad(hours, 2)}:${two(bytes, at + 7)}:${two(bytes, at + 8)}${fraction(micros, decimals)}`
}

const mostDecimals = 6

function fraction(micros: number, decimals: number): string {
  return decimals === 0 || decimals > mostDecimals ? '' : `.${pad(micros, mostDecimals).slice(0, decimals)}`
}

function two(bytes: Buffer, at: number): string {
  return pad(bytes[at] as number, 2)
}

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, '0')
}
