import type { StatementValue } from '../../../ports/database-client.ts'
import { ByteWriter, bytesPerCharacter } from '../sql/byte-writer.ts'

/** Message types of the extended query protocol (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
const parseType = 0x50
const describeType = 0x44
const bindType = 0x42
const queryType = 0x51
const copyFailType = 0x66
const ofStatement = 0x53
const ofPortal = 0x50
const binaryFormat = 1
const nullLength = -1
/** Execute of the portal without a name, for all rows, and Sync. */
const executeAndSync = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x53, 0, 0, 0, 4])
const lengthBytes = 4

/** Writes questions to a session. */
export class MessageWriter extends ByteWriter {
  parse(name: string, sql: string): void {
    const start = this.#begin(parseType, bytesPerCharacter * (name.length + sql.length) + 4)
    this.#text(name)
    this.#text(sql)
    // The server finds out the types of the parameters.
    this.#int16(0)
    this.#end(start)
  }

  describeStatement(name: string): void {
    this.#describe(ofStatement, name)
  }

  describePortal(): void {
    this.#describe(ofPortal, '')
  }

  /** Values as texts, but for bytes, and every column as text. */
  bind(name: string, values: readonly StatementValue[]): void {
    const start = this.#begin(bindType, bytesPerCharacter * name.length + 10)
    this.bytes[this.at++] = 0
    this.#text(name)
    this.#formats(values)
    this.#int16(values.length)
    for (let index = 0; index < values.length; index++) this.#value(values[index] as StatementValue)
    this.reserve(2)
    this.#int16(0)
    this.#end(start)
  }

  executeAndSync(): void {
    this.reserve(executeAndSync.length)
    this.all(executeAndSync)
  }

  #describe(what: number, name: string): void {
    const start = this.#begin(describeType, bytesPerCharacter * name.length + 2)
    this.bytes[this.at++] = what
    this.#text(name)
    this.#end(start)
  }

  /** None at all means text for each. */
  #formats(values: readonly StatementValue[]): void {
    const hasBytes = values.some((value) => value instanceof Uint8Array)
    this.reserve(4 + 2 * values.length)
    this.#int16(hasBytes ? values.length : 0)
    if (!hasBytes) return
    for (const value of values) this.#int16(value instanceof Uint8Array ? binaryFormat : 0)
  }

  #value(value: StatementValue): void {
    if (value === null) {
      this.reserve(lengthBytes)
      this.#int32(nullLength)
    } else if (value instanceof Uint8Array) {
      this.reserve(lengthBytes + value.length)
      this.#int32(value.length)
      this.all(value)
    } else {
      this.#textValue(typeof value === 'string' ? value : String(value))
    }
  }

  #textValue(text: string): void {
    this.reserve(lengthBytes + bytesPerCharacter * text.length)
    const start = this.at
    this.at += lengthBytes
    this.characters(text)
    const end = this.at
    this.at = start
    this.#int32(end - start - lengthBytes)
    this.at = end
  }

  /** With the zero that ends it. */
  #text(text: string): void {
    this.characters(text)
    this.bytes[this.at++] = 0
  }

  #begin(type: number, most: number): number {
    this.reserve(1 + lengthBytes + most)
    const start = this.at
    this.bytes[start] = type
    this.at = start + 1 + lengthBytes
    return start
  }

  #end(start: number): void {
    const end = this.at
    this.at = start + 1
    this.#int32(end - start - 1)
    this.at = end
  }

  #int16(value: number): void {
    this.at = this.bytes.writeUInt16BE(value, this.at)
  }

  #int32(value: number): void {
    this.at = this.bytes.writeInt32BE(value, this.at)
  }
}

/** A Query message: one or more statements as text. */
export function encodeQuery(sql: string): Buffer {
  return encodeTexts(queryType, sql)
}

/** The answer to a server that waits for the rows of a COPY. */
export function encodeCopyFail(reason: string): Buffer {
  return Buffer.concat([encodeTexts(copyFailType, reason), executeAndSync.subarray(-5)])
}

function encodeTexts(type: number, text: string): Buffer {
  const bytes = Buffer.alloc(1 + lengthBytes + Buffer.byteLength(text) + 1)
  bytes[0] = type
  bytes.writeInt32BE(bytes.length - 1, 1)
  bytes.write(text, 1 + lengthBytes)
  return bytes
}

/** Terminate. */
export const terminate = Buffer.from([0x58, 0, 0, 0, 4])
