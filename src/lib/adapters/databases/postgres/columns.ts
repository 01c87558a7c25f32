import { types } from 'pg'
import type { Row, StatementValue } from '../../../ports/database-client.ts'
import { readNumber, readText } from '../sql/value-text.ts'

/** How the text of a column is read. */
type Reading = 'text' | 'number' | 'boolean' | 'bytes'

/** A column of an answer. */
export interface PostgresColumn {
  readonly name: string
  readonly reading: Reading
}

const { BOOL, BYTEA, FLOAT4, FLOAT8, INT2, INT4, INT8, OID } = types.builtins
const readings = new Map<number, Reading>([
  [BOOL, 'boolean'],
  [BYTEA, 'bytes'],
  ...[FLOAT4, FLOAT8, INT2, INT4, INT8, OID].map((oid): [number, Reading] => [oid, 'number']),
])

/** Bytes of a column's description behind its name: table, number, type, size, modifier and format. */
const [ofTable, ofType, ofRest] = [4 + 2, 4, 2 + 4 + 2]

/** Reads a RowDescription whose body begins at `at`. */
export function readColumns(bytes: Buffer, at: number): PostgresColumn[] {
  let next = at + 2
  return Array.from({ length: bytes.readUInt16BE(at) }, () => {
    const end = bytes.indexOf(0, next)
    const name = bytes.toString('utf8', next, end)
    const reading = readings.get(bytes.readUInt32BE(end + 1 + ofTable)) ?? 'text'
    next = end + 1 + ofTable + ofType + ofRest
    return { name, reading }
  })
}

/** Reads a DataRow whose body begins at `at`. */
export function readRow(bytes: Buffer, at: number, columns: readonly PostgresColumn[]): Row {
  const row: Record<string, StatementValue> = {}
  let next = at + 2
  for (let index = 0; index < columns.length; index++) {
    const { name, reading } = columns[index] as PostgresColumn
    const length = bytes.readInt32BE(next)
    next += 4
    if (length < 0) {
      row[name] = null
    } else {
      row[name] = readValue(bytes, next, next + length, reading)
      next += length
    }
  }
  return row
}

function readValue(bytes: Buffer, start: number, end: number, reading: Reading): StatementValue {
  switch (reading) {
    case 'number':
      return readNumber(bytes, start, end)
    case 'boolean':
      return bytes[start] === letterT
    case 'bytes':
      return readBytea(bytes, start, end)
    default:
      return readText(bytes, start, end)
  }
}

const letterT = 0x74

/** As `\x` and two digits each, or as before version 9.0, which only `bytea_output` asks for. */
function readBytea(bytes: Buffer, start: number, end: number): Uint8Array {
  const text = bytes.toString('latin1', start, end)
  if (text.startsWith(String.raw`\x`)) return new Uint8Array(Buffer.from(text.slice(2), 'hex'))
  const plain = text.replaceAll(/\\(\\|[0-7]{3})/g, (_, code: string) =>
    code === '\\' ? code : String.fromCharCode(Number.parseInt(code, 8)),
  )
  return new Uint8Array(Buffer.from(plain, 'latin1'))
}
