import type { StatementValue } from '../../../ports/database-client.ts'
import { ByteWriter, bytesPerCharacter } from '../sql/byte-writer.ts'

/** Commands (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html). */
const queryCode = 0x03
const prepareCode = 0x16
const executeCode = 0x17
const closeCode = 0x19

export const headerBytes = 4
/** The payload of one packet, at the most. */
export const longestPacket = 0xffffff
const typeLongLong = 0x08
const typeDouble = 0x05
const typeBlob = 0xfc
const typeString = 0xfd
const typeNull = 0x06
/** The flag of a statement whose parameters are counted and may be named. */
const parametersCounted = 0x08
const [wordLength, mostShort] = [0xfc, 0xfa]
const int24Length = 0xfd

/** Writes commands, each a packet of its own. */
export class CommandWriter extends ByteWriter {
  /** Client and server have agreed on query attributes, of which there are none. */
  readonly #counted: boolean

  constructor(counted: boolean) {
    super()
    this.#counted = counted
  }

  query(sql: string): void {
    const start = this.#begin(queryCode, 2 + bytesPerCharacter * sql.length)
    if (this.#counted) {
      this.bytes[this.at++] = 0
      this.bytes[this.at++] = 1
    }
    this.characters(sql)
    this.#end(start)
  }

  prepare(sql: string): void {
    const start = this.#begin(prepareCode, bytesPerCharacter * sql.length)
    this.characters(sql)
    this.#end(start)
  }

  /** The server does not answer it. */
  closeStatement(id: number): void {
    const start = this.#begin(closeCode, 4)
    this.at = this.bytes.writeUInt32LE(id, this.at)
    this.#end(start)
  }

  /**
   * COM_STMT_EXECUTE: whole numbers as 64 bits, others as doubles, the rest as text or bytes
   * (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html).
   */
  execute(id: number, values: readonly StatementValue[]): void {
    const count = values.length
    const nullBytes = (count + 7) >> 3
    const start = this.#begin(executeCode, 4 + 1 + 4 + 4 + nullBytes + 1 + 3 * count)
    this.at = this.bytes.writeUInt32LE(id, this.at)
    this.bytes[this.at++] = this.#counted ? parametersCounted : 0
    this.at = this.bytes.writeUInt32LE(1, this.at)
    if (this.#counted) this.#length(count)
    if (count > 0) {
      this.#nulls(values, nullBytes)
      this.bytes[this.at++] = 1
      for (let index = 0; index < count; index++) this.#type(values[index] as StatementValue)
      for (let index = 0; index < count; index++) this.#value(values[index] as StatementValue)
    }
    this.#end(start)
  }

  #nulls(values: readonly StatementValue[], nullBytes: number): void {
    const { bytes, at } = this
    bytes.fill(0, at, at + nullBytes)
    for (let index = 0; index < values.length; index++) {
      if (values[index] === null) bytes[at + (index >> 3)] = (bytes[at + (index >> 3)] as number) | (1 << (index & 7))
    }
    this.at += nullBytes
  }

  #type(value: StatementValue): void {
    this.bytes[this.at++] = typeOf(value)
    this.bytes[this.at++] = 0
    // The length of a name.
    if (this.#counted) this.bytes[this.at++] = 0
  }

  #value(value: StatementValue): void {
    if (value === null) return
    if (typeof value === 'string') {
      this.#text(value)
    } else if (value instanceof Uint8Array) {
      this.reserve(headerBytes + value.length)
      this.#length(value.length)
      this.all(value)
    } else {
      this.#number(Number(value))
    }
  }

  #number(value: number): void {
    this.reserve(8)
    const type = typeOf(value)
    if (type === typeString) {
      this.#text(String(value))
    } else if (type === typeDouble) {
      this.at = this.bytes.writeDoubleLE(value, this.at)
    } else {
      this.at = this.bytes.writeInt32LE(Math.floor(value / 2 ** 32), this.bytes.writeUInt32LE(value >>> 0, this.at))
    }
  }

  #text(text: string): void {
    this.reserve(headerBytes + bytesPerCharacter * text.length)
    // Its length comes first, in a byte where all that it may have fits in.
    if (bytesPerCharacter * text.length <= mostShort) {
      const start = this.at++
      this.characters(text)
      this.bytes[start] = this.at - start - 1
    } else {
      this.#length(Buffer.byteLength(text))
      this.characters(text)
    }
  }

  #length(length: number): void {
    if (length <= mostShort) {
      this.bytes[this.at++] = length
    } else if (length <= 0xffff) {
      this.bytes[this.at++] = wordLength
      this.at = this.bytes.writeUInt16LE(length, this.at)
    } else {
      this.bytes[this.at++] = int24Length
      this.at = this.bytes.writeUIntLE(length & longestPacket, this.at, 3)
    }
  }

  #begin(code: number, most: number): number {
    this.reserve(headerBytes + 1 + most)
    const start = this.at
    this.at = start + headerBytes
    this.bytes[this.at++] = code
    return start
  }

  /** Throws RangeError for more than a packet holds. */
  #end(start: number): void {
    const payload = this.at - start - headerBytes
    if (payload >= longestPacket) {
      this.at = start
      throw new RangeError(`a statement of ${payload} bytes is more than a packet holds`)
    }
    this.bytes.writeUInt32LE(payload, start)
  }
}

function typeOf(value: StatementValue): number {
  if (value === null) return typeNull
  if (typeof value === 'boolean') return typeLongLong
  if (typeof value === 'string') return typeString
  if (value instanceof Uint8Array) return typeBlob
  if (Number.isSafeInteger(value)) return typeLongLong
  // The server says what it thinks of others.
  return Number.isFinite(value) ? typeDouble : typeString
}
