import * as fc from 'fast-check'
import {
  createResponseReader,
  isFinished,
  leavesConnectionOpen,
  readBytes,
  readClose,
  startAnswer,
  takeBody,
} from '../../../src/lib/load/clients/http/response-reader.ts'
import { badAnswers, goodAnswers } from '../../../test/support/http-answers.ts'
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
const samples = [...goodAnswers, ...badAnswers].map(({ text }) => Buffer.from(text, 'latin1'))
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })

/** What an answer comes to that arrives in the given pieces, all through one buffer, as on a socket. */
function readPieces(pieces: readonly Buffer[], answersHead: boolean) {
  const found = createResponseReader()
  startAnswer(found, answersHead, true)
  const shared = Buffer.alloc(Math.max(0, ...pieces.map(({ length }) => length)))
  for (const piece of pieces) {
    if (isFinished(found)) break
    shared.fill('!')
    piece.copy(shared)
    readBytes(found, shared, piece.length)
  }
  readClose(found)
  const { head, bytes, flaw, phase } = found
  return {
    status: head.status,
    bytes,
    flaw,
    phase,
    open: leavesConnectionOpen(found),
    body: takeBody(found).toString('latin1'),
  }
}

export const responseReaders = [
  reader({
    name: 'responses',
    what: 'HTTP answers, whole against cut up',
    inputs: fc.record({ bytes: bytesLike(samples, tokens), shares: cuts, answersHead: fc.boolean() }),
    open: pure(({ bytes, shares, answersHead }) => {
      const whole = readPieces([bytes], answersHead)
      const ends = [...shares.map((share) => Math.floor(share * bytes.length)).toSorted((a, b) => a - b), bytes.length]
      const cut = readPieces(
        ends.map((end, place) => bytes.subarray(ends[place - 1] ?? 0, end)),
        answersHead,
      )
      // Where it goes on after its end, only the read that brings both can tell.
      if (whole.flaw === 'bytes after its end') return
      const alike = whole.flaw === null ? JSON.stringify(whole) === JSON.stringify(cut) : cut.flaw !== null
      if (!alike) throw new TypeError(`cut up it is ${JSON.stringify(cut)}, and whole ${JSON.stringify(whole)}`)
    }),
  }),
]
