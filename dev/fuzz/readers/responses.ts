import * as fc from 'fast-check'
import {
  createResponseReader,
  isFinished,
  leavesConnectionOpen,
  readBytes,
  readClose,
  startResponse,
  takeBody,
} from '../../../src/lib/load/clients/http/response-reader.ts'
import { badResponses, goodResponses } from '../../../test/support/http/http-responses.ts'
import { bytesLike } from '../like.ts'
import { pure, reader } from '../reader.ts'

const tokens = [
  '\r\n',
  '\r',
  ':',
  ' ',
  '0\r\n\r\n',
  'transfer-encoding: chunked\r\n',
  'content-length: 3\r\n',
  'HTTP/1.1 ',
  '204',
]
const samples = [...goodResponses, ...badResponses].map(({ text }) => Buffer.from(text, 'latin1'))
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })

/** Reads a response that arrives in the given pieces, all through one buffer, as on a socket. */
function readPieces(pieces: readonly Buffer[], isHead: boolean) {
  const found = createResponseReader()
  startResponse(found, isHead, true)
  const shared = Buffer.alloc(Math.max(0, ...pieces.map(({ length }) => length)))
  for (const piece of pieces) {
    if (isFinished(found)) break
    shared.fill('!')
    piece.copy(shared)
    readBytes(found, shared, piece.length)
  }
  readClose(found)
  const { head, bytes, parseError, phase } = found
  return {
    status: head.status,
    bytes,
    parseError,
    phase,
    open: leavesConnectionOpen(found),
    body: takeBody(found).toString('latin1'),
  }
}

export const responseReaders = [
  reader({
    name: 'responses',
    what: 'HTTP answers, whole against cut up',
    inputs: fc.record({ bytes: bytesLike(samples, tokens), shares: cuts, isHead: fc.boolean() }),
    open: pure(({ bytes, shares, isHead }) => {
      const whole = readPieces([bytes], isHead)
      const ends = [...shares.map((share) => Math.floor(share * bytes.length)).toSorted((a, b) => a - b), bytes.length]
      const cut = readPieces(
        ends.map((end, place) => bytes.subarray(ends[place - 1] ?? 0, end)),
        isHead,
      )
      // Where it goes on after its end, only the read that brings both can tell.
      if (whole.parseError === 'bytes after its end') return
      const alike = whole.parseError === null ? JSON.stringify(whole) === JSON.stringify(cut) : cut.parseError !== null
      if (!alike) throw new TypeError(`cut up it is ${JSON.stringify(cut)}, and whole ${JSON.stringify(whole)}`)
    }),
  }),
]
