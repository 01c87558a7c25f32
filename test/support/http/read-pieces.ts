import fc from 'fast-check'
import {
  createResponseReader,
  isFinished,
  leavesConnectionOpen,
  readBytes,
  startResponse,
  takeBody,
  type ResponseReader,
} from '../../../src/lib/load/clients/http/response-reader.ts'

/** Reads the pieces of a response, up to the one that ends it. */
export function read(pieces: readonly Buffer[], isHead = false, keepsBody = true): ResponseReader {
  const reader = createResponseReader()
  startResponse(reader, isHead, keepsBody)
  // Every read goes into the same buffer, as it does on a socket.
  const shared = Buffer.alloc(Math.max(0, ...pieces.map(({ length }) => length)))
  for (const piece of pieces) {
    if (isFinished(reader)) break
    shared.fill('!')
    piece.copy(shared)
    readBytes(reader, shared, piece.length)
  }
  return reader
}

/** Observable state of a read response. */
export function seen(reader: ResponseReader) {
  return {
    status: reader.head.status,
    body: takeBody(reader).toString('latin1'),
    bytes: reader.bytes,
    keepsOpen: leavesConnectionOpen(reader),
    parseError: reader.parseError,
  }
}

/** A character a byte. */
export const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1')
/** Byte by byte. */
export const singly = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
/** Splits in two. */
export const splitAt = (bytes: Buffer, at: number): Buffer[] => [bytes.subarray(0, at), bytes.subarray(at)]

/** Cuts at the given shares of the length. */
export function cut(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const ends = shares.map((share) => Math.floor(share * bytes.length)).toSorted((a, b) => a - b)
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}

/** Shares of the length to cut at. */
export const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 })
