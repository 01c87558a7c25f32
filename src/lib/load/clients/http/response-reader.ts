import {
  createKeptBody,
  keepBytes,
  keptBytes,
  maxKeptBytes,
  type KeptBody,
  createRecentBodies,
  type RecentBodies,
} from './kept-body.ts'
import {
  clearHead,
  contradictionIn,
  emptyHead,
  keepsConnection,
  mayBeStatusLine,
  parseChunkSize,
  readField,
  readStatusLine,
  type ResponseHead,
  findLineEnd,
  hexDigit,
  incomplete,
  lineErrors,
  maxLineBytes,
  createRecentHead,
  recallHead,
  rememberHead,
  type RecentHead,
} from './response-head.ts'

/** Status lines, fields and trailers of one response are refused beyond this size in all, bytes. */
const maxHeadBytes = maxLineBytes

/** The state of a reader: what it expects next, or that it has finished. */
type Phase =
  | 'status line'
  | 'field'
  | 'body of known length'
  | 'chunk size'
  | 'chunk'
  | 'chunk end'
  | 'trailer'
  | 'body until close'
  | 'whole'
  | 'refused'

/**
 * One response after the other while it is read: plain data that `readBytes` and `readClose` change. It
 * knows of no socket, so that every response can be cut up anywhere in a test.
 */
export interface ResponseReader {
  phase: Phase
  readonly head: ResponseHead
  /** Bytes of the body so far. */
  bytes: number
  /** Why the response is refused; null while it is not. */
  parseError: string | null
  isHead: boolean
  keepsBody: boolean
  body: KeptBody | null
  /** Both of all readers of a client. */
  readonly recent: RecentBodies
  readonly recentHead: RecentHead
  /** Its head began with the chunk that is being read. */
  headIsInChunk: boolean
  /** Bytes of the body or the chunk still to come. */
  missing: number
  /** Bytes of the CRLF after a chunk so far. */
  chunkEndBytes: number
  /** Bytes of all heads and trailers so far. */
  headBytes: number
  /** Bytes of a needless CRLF behind the response's end so far. */
  strayBytes: number
  /** A line of which the end has not come, with room for more; */
  pending: Buffer | null
  /** so much of it is the line. */
  pendingBytes: number
  /** The line just taken, in the chunk or in `pending`. */
  line: Buffer
  lineStart: number
  lineEnd: number
}

const empty = Buffer.alloc(0)

const crlf = Buffer.from('\r\n')

/** A reader that is to be started. `recent` is what other readers of the same client have kept. */
export function createResponseReader(
  recent: RecentBodies = createRecentBodies(),
  recentHead: RecentHead = createRecentHead(),
): ResponseReader {
  return {
    recent,
    recentHead,
    headIsInChunk: false,
    phase: 'status line',
    head: emptyHead(),
    bytes: 0,
    parseError: null,
    isHead: false,
    keepsBody: false,
    body: null,
    missing: 0,
    chunkEndBytes: 0,
    headBytes: 0,
    // Before the first response there is none that it could come after.
    strayBytes: crlf.length,
    pending: null,
    pendingBytes: 0,
    line: empty,
    lineStart: 0,
    lineEnd: 0,
  }
}

/**
 * Reads another response from its first byte; one to a HEAD request has no body, whatever it says. The
 * reader is used again because making one for every response costs more than reading it.
 */
export function startResponse(reader: ResponseReader, isHead: boolean, keepsBody: boolean): void {
  reader.phase = 'status line'
  clearHead(reader.head)
  reader.bytes = 0
  reader.parseError = null
  reader.isHead = isHead
  reader.keepsBody = keepsBody
  reader.body = null
  reader.missing = 0
  reader.chunkEndBytes = 0
  reader.headBytes = 0
  reader.pending = null
  reader.pendingBytes = 0
}

/** Reads the first `end` bytes of `chunk`, of which nothing is referred to afterwards. */
export function readBytes(reader: ResponseReader, chunk: Buffer, end: number): void {
  let at = 0
  reader.headIsInChunk = !hasBegun(reader)
  if (reader.headIsInChunk) {
    at = skipStray(reader, chunk, end, 0)
    if (at < end && reader.strayBytes === 1) return refuse(reader, 'a bare carriage return')
    reader.headIsInChunk = at === 0
    if (reader.headIsInChunk) at = recallWholeHead(reader, chunk, end)
  }
  while (at < end && !isFinished(reader)) at = readNext(reader, chunk, at, end)
  if (reader.phase !== 'whole') return
  reader.strayBytes = 0
  // A response that goes on after its end has lied about its length, so its body may be cut off.
  if (at < end && skipStray(reader, chunk, end, at) < end) refuse(reader, 'bytes after its end')
}

/**
 * Reads bytes that come when no response is due: whether they are the CRLF that some servers send behind
 * a body, as other clients let it pass, or a part of it.
 */
export function readStray(reader: ResponseReader, chunk: Buffer, end: number): boolean {
  return skipStray(reader, chunk, end, 0) === end
}

/** Whether anything of the response has come. */
export function hasBegun({ phase, headBytes, pending }: ResponseReader): boolean {
  return phase !== 'status line' || headBytes > 0 || pending !== null
}

/** Returns how far it came. */
function skipStray(reader: ResponseReader, chunk: Buffer, end: number, from: number): number {
  let at = from
  while (at < end && reader.strayBytes < crlf.length && chunk[at] === crlf[reader.strayBytes]) {
    at++
    reader.strayBytes++
  }
  return at
}

/** Returns how far it came. */
function recallWholeHead(reader: ResponseReader, chunk: Buffer, end: number): number {
  const { recentHead, head } = reader
  if (!recallHead(recentHead, chunk, end, head)) return 0
  beginBody(reader)
  return recentHead.length
}

/** The server closed the connection: the end of some responses, and too early for all others. */
export function readClose(reader: ResponseReader): void {
  if (reader.phase === 'body until close') reader.phase = 'whole'
}

/** Whether the response is whole or refused. */
export function isFinished({ phase }: ResponseReader): boolean {
  return phase === 'whole' || phase === 'refused'
}

/** Whether a whole response leaves its connection fit for another request. */
export function leavesConnectionOpen({ head, isHead }: ResponseReader): boolean {
  return keepsConnection(head) && (head.chunked || head.contentLength !== null || hasNoBody(head, isHead))
}

/** Hands over the body of a whole response, which the reader forgets; empty unless it was to be kept. */
export function takeBody(reader: ResponseReader): Buffer {
  const { body } = reader
  reader.body = null
  return body === null ? empty : keptBytes(body, reader.recent)
}

function hasNoBody({ status }: ResponseHead, isHead: boolean): boolean {
  return isHead || status === 204 || status === 304
}

/** Returns how far it came. */
function readNext(reader: ResponseReader, chunk: Buffer, at: number, end: number): number {
  switch (reader.phase) {
    case 'body of known length':
      return readMissing(reader, chunk, at, end, 'whole')
    case 'chunk':
      return readMissing(reader, chunk, at, end, 'chunk end')
    case 'chunk end':
      return readChunkEnd(reader, chunk, at)
    case 'body until close':
      keepBody(reader, chunk, at, end)
      return end
    default:
      return readLine(reader, chunk, at, end)
  }
}

function readMissing(reader: ResponseReader, chunk: Buffer, at: number, end: number, next: Phase): number {
  const to = Math.min(end, at + reader.missing)
  reader.missing -= to - at
  if (reader.missing === 0) reader.phase = next
  keepBody(reader, chunk, at, to)
  return to
}

/** Reads one byte of the CRLF after a chunk. */
function readChunkEnd(reader: ResponseReader, chunk: Buffer, at: number): number {
  const { chunkEndBytes } = reader
  if (chunk[at] !== crlf[chunkEndBytes]) refuse(reader, 'a chunk longer than its size')
  else if (chunkEndBytes === 1) reader.phase = 'chunk size'
  reader.chunkEndBytes = 1 - chunkEndBytes
  return at + 1
}

function keepBody(reader: ResponseReader, chunk: Buffer, start: number, end: number): void {
  reader.bytes += end - start
  if (!reader.keepsBody) return
  if (reader.bytes > maxKeptBytes) return refuse(reader, 'a body too large to keep')
  reader.body ??= createKeptBody(reader.head.contentLength, reader.recent)
  keepBytes(reader.body, reader.recent, chunk, start, end)
}

function readLine(reader: ResponseReader, chunk: Buffer, at: number, end: number): number {
  const next = takeLine(reader, chunk, at, end)
  if (next !== incomplete) useLine(reader)
  return next === incomplete ? end : next
}

/** Sets the reader's line, and returns where the next begins; `incomplete` when there is none yet or it is refused. */
function takeLine(reader: ResponseReader, chunk: Buffer, at: number, end: number): number {
  const before = reader.pendingBytes
  const isPending = reader.pending !== null
  if (isPending) addPending(reader, chunk, at, pendingLineEnd(chunk, at, end))
  const line = reader.pending ?? chunk
  const start = isPending ? 0 : at
  // The last byte that was pending may be half of the line's end.
  const lineEnd = findLineEnd(line, start, isPending ? reader.pendingBytes : end, Math.max(0, before - 1))
  if (lineEnd >= 0) {
    reader.pending = null
    reader.pendingBytes = 0
    reader.line = line
    reader.lineStart = start
    reader.lineEnd = lineEnd
    return at + lineEnd + 2 - start - before
  }
  if (lineEnd !== incomplete) refuse(reader, lineErrors[lineEnd] as string)
  else {
    if (!isPending) addPending(reader, chunk, at, end)
    checkPending(reader)
  }
  return incomplete
}

/** Up to where `chunk` has to be looked at for the end of a line that began before it. */
function pendingLineEnd(chunk: Buffer, at: number, end: number): number {
  const lineFeedAt = chunk.indexOf(0x0a, at)
  return Math.min(end, at + maxLineBytes + 2, lineFeedAt < 0 ? end : lineFeedAt + 1)
}

/** Its room doubles, so that a long line that comes byte by byte is not copied for every byte. */
function addPending(reader: ResponseReader, chunk: Buffer, start: number, end: number): void {
  const length = reader.pendingBytes + end - start
  let room = reader.pending
  if (room === null || room.length < length) {
    const larger = Buffer.allocUnsafe(Math.max(length, 2 * reader.pendingBytes))
    room?.copy(larger, 0, 0, reader.pendingBytes)
    room = larger
    reader.pending = larger
  }
  chunk.copy(room, reader.pendingBytes, start, end)
  reader.pendingBytes = length
}

/** Refuses what is no HTTP: it may never send the end of a line, which would be waited for in vain. */
function checkPending(reader: ResponseReader): void {
  const pending = reader.pending as Buffer
  if (reader.phase === 'status line' && !mayBeStatusLine(pending, 0, reader.pendingBytes))
    refuse(reader, 'no status line')
  if (reader.phase === 'chunk size' && hexDigit(pending[0] as number) < 0) refuse(reader, 'a bad chunk size')
}

function useLine(reader: ResponseReader): void {
  if (reader.phase === 'chunk size') readChunkSize(reader)
  else if (reader.lineEnd === reader.lineStart) endHead(reader)
  else readHeadLine(reader)
}

function readHeadLine(reader: ResponseReader): void {
  const { head, line, lineStart, lineEnd } = reader
  reader.headBytes += lineEnd + 2 - lineStart
  if (reader.headBytes > maxHeadBytes) return refuse(reader, 'a head too long')
  // A trailer comes too late to say anything about the response: it is read into a head of its own.
  const parseError =
    reader.phase === 'status line'
      ? readStatusLine(head, line, lineStart, lineEnd)
      : readField(reader.phase === 'trailer' ? emptyHead() : head, line, lineStart, lineEnd)
  if (parseError !== null) return refuse(reader, parseError)
  if (reader.phase === 'status line') reader.phase = 'field'
}

function endHead(reader: ResponseReader): void {
  const { head } = reader
  if (reader.phase === 'status line') return refuse(reader, 'no status line')
  if (reader.phase === 'trailer') {
    reader.phase = 'whole'
    return
  }
  if (head.status === 101) return refuse(reader, 'another protocol')
  if (head.status < 200) {
    if (head.isHttp10) return refuse(reader, 'an interim answer in HTTP/1.0')
    clearHead(head)
    reader.phase = 'status line'
    return
  }
  const parseError = contradictionIn(head)
  if (parseError !== null) return refuse(reader, parseError)
  if (reader.headIsInChunk) rememberHead(reader.recentHead, reader.line, reader.lineEnd + 2, head)
  beginBody(reader)
}

function beginBody(reader: ResponseReader): void {
  reader.missing = reader.head.contentLength ?? 0
  reader.phase = bodyPhase(reader)
}

function bodyPhase({ head, isHead }: ResponseReader): Phase {
  if (hasNoBody(head, isHead)) return 'whole'
  if (head.chunked) return 'chunk size'
  if (head.contentLength === null) return 'body until close'
  return head.contentLength === 0 ? 'whole' : 'body of known length'
}

function readChunkSize(reader: ResponseReader): void {
  const size = parseChunkSize(reader.line, reader.lineStart, reader.lineEnd)
  if (size < 0) return refuse(reader, 'a bad chunk size')
  reader.missing = size
  reader.phase = size === 0 ? 'trailer' : 'chunk'
}

function refuse(reader: ResponseReader, parseError: string): void {
  reader.phase = 'refused'
  reader.parseError = parseError
  reader.body = null
}
