/** The head of a response, as far as it concerns the body's length and the connection. */
export interface ResponseHead {
  status: number
  /** In HTTP/1.0 connections end after a response unless the server says otherwise. */
  isHttp10: boolean
  /** In bytes; null when it is not given. */
  contentLength: number | null
  chunked: boolean
  /** The last word on the connection; null when nothing was said. */
  connection: 'close' | 'keep-alive' | null
  /** How long the server will keep the connection while nothing is asked, in ms. */
  keptIdleMs: number
}

const space = 0x20
const tab = 0x09
const colon = 0x3a
const zero = 0x30
const nine = 0x39

/** `HTTP/1.` with its minor version, a space, and a status of three digits. */
const statusLineBytes = 12
const statusLinePrefix = 'HTTP/1.'

/** A length of more digits would not be exact as a number, and no response is that long. */
const lengthPattern = /^\d{1,15}$/

/** 1 for a byte that a field's name may hold (RFC 9110, 5.6.2). */
const isNameByte = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte)) ? 1 : 0,
)

/** A head that nothing is known of. */
export function emptyHead(): ResponseHead {
  return {
    status: 0,
    isHttp10: false,
    contentLength: null,
    chunked: false,
    connection: null,
    keptIdleMs: Infinity,
  }
}

/** Forgets everything. */
export function clearHead(head: ResponseHead): void {
  head.status = 0
  head.isHttp10 = false
  head.contentLength = null
  head.chunked = false
  head.connection = null
  head.keptIdleMs = Infinity
}

/** Whether bytes that have come so far can be the beginning of a status line. */
export function mayBeStatusLine(bytes: Buffer, start: number, end: number): boolean {
  const length = Math.min(end - start, statusLinePrefix.length)
  for (let i = 0; i < length; i++) if (bytes[start + i] !== statusLinePrefix.charCodeAt(i)) return false
  return true
}

/** Reads the status line from `start` to `end`. Returns what is wrong with it, or null. */
export function readStatusLine(head: ResponseHead, bytes: Buffer, start: number, end: number): string | null {
  const minor = (bytes[start + statusLinePrefix.length] as number) - zero
  const status = readStatus(bytes, start + 9)
  const isSound =
    end - start >= statusLineBytes &&
    mayBeStatusLine(bytes, start, end) &&
    (minor === 0 || minor === 1) &&
    bytes[start + 8] === space &&
    status >= 100 &&
    (end === start + statusLineBytes || bytes[start + statusLineBytes] === space)
  if (!isSound) return 'no status line'
  head.status = status
  head.isHttp10 = minor === 0
  return null
}

/** Reads the field line from `start` to `end`. Returns what is wrong with it, or null. */
export function readField(head: ResponseHead, bytes: Buffer, start: number, end: number): string | null {
  if (bytes[start] === space || bytes[start] === tab) return 'a folded field'
  let nameEnd = start
  while (nameEnd < end && isNameByte[bytes[nameEnd] as number] === 1) nameEnd++
  if (nameEnd === start || nameEnd === end || bytes[nameEnd] !== colon) return 'a field without a proper name'
  // Only the fields that frame a response are decoded; which those are, their length nearly tells.
  switch (nameEnd - start) {
    case 'connection'.length:
      if (isNamed(bytes, start, 'connection')) return readConnection(head, valueOf(bytes, nameEnd, end))
      if (isNamed(bytes, start, 'keep-alive')) return readKeepAlive(head, valueOf(bytes, nameEnd, end))
      return null
    case 'content-length'.length:
      return isNamed(bytes, start, 'content-length') ? readContentLength(head, valueOf(bytes, nameEnd, end)) : null
    case 'transfer-encoding'.length:
      return isNamed(bytes, start, 'transfer-encoding')
        ? readTransferEncoding(head, valueOf(bytes, nameEnd, end))
        : null
    default:
      return null
  }
}

/** Returns what is wrong with fields that are sound each by itself, or null. */
export function contradictionIn(head: ResponseHead): string | null {
  if (!head.chunked) return null
  if (head.contentLength !== null) return 'both a length and chunks'
  return head.isHttp10 ? 'chunks in HTTP/1.0' : null
}

/** Whether the connection may carry another request. */
export function keepsConnection({ connection, isHttp10 }: ResponseHead): boolean {
  return isHttp10 ? connection === 'keep-alive' : connection !== 'close'
}

/** `name` in small letters, and as long as what is compared with it. */
function isNamed(bytes: Buffer, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    // Sets the bit that makes ASCII letters small, which the hyphen has already.
    if (((bytes[start + i] as number) | 0x20) !== name.charCodeAt(i)) return false
  }
  return true
}

/** Returns the value behind the colon, in small letters, without the blanks around it. */
function valueOf(bytes: Buffer, colonAt: number, end: number): string {
  let from = colonAt + 1
  let to = end
  while (from < to && isBlank(bytes[from])) from++
  while (to > from && isBlank(bytes[to - 1])) to--
  return bytes.toString('latin1', from, to).toLowerCase()
}

function readConnection(head: ResponseHead, value: string): null {
  // Nearly always it is one word, which need not be taken out of a list.
  const isOne = value === 'keep-alive' || value === 'close'
  const options = isOne ? [value] : value.split(',').map((option) => option.trim())
  if (options.includes('close')) head.connection = 'close'
  else if (options.includes('keep-alive')) head.connection ??= 'keep-alive'
  return null
}

function readKeepAlive(head: ResponseHead, value: string): null {
  const [, seconds] = /(?:^|[\s,])timeout=(\d{1,9})(?:$|[\s,])/.exec(value) ?? []
  if (seconds !== undefined) head.keptIdleMs = Number(seconds) * 1000
  return null
}

function readContentLength(head: ResponseHead, value: string): string | null {
  if (!lengthPattern.test(value)) return 'a length that is no number'
  const length = Number(value)
  // Some proxies repeat the line; the same said twice leaves no doubt where the response ends.
  if (head.contentLength !== null && head.contentLength !== length) return 'two lengths'
  head.contentLength = length
  return null
}

function readTransferEncoding(head: ResponseHead, value: string): string | null {
  if (value !== 'chunked' || head.chunked) return 'an unknown transfer encoding'
  head.chunked = true
  return null
}

function isBlank(byte: number | undefined): boolean {
  return byte === space || byte === tab
}

/** The three digits at `start` as a number; NaN when these are not digits. */
function readStatus(bytes: Buffer, start: number): number {
  let status = 0
  for (let at = start; at < start + 3; at++) {
    const byte = bytes[at] as number
    if (byte < zero || byte > nine) return NaN
    status = status * 10 + byte - zero
  }
  return status
}

/** A line is refused beyond this length, its end not counted: above the 8 to 16 kB that servers and clients allow. */
export const maxLineBytes = 64 * 1024

/** The result of `findLineEnd` when more bytes are needed to tell. */
export const incomplete = -1

/** Reasons to refuse a line, by the result of `findLineEnd`. */
export const lineErrors: Readonly<Record<number, string>> = {
  [-2]: 'a bare line feed',
  [-3]: 'a bare carriage return',
  [-4]: 'a control character',
  [-5]: 'a line too long',
}

const bareLineFeed = -2
const bareCarriageReturn = -3
const controlCharacter = -4
const tooLong = -5

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** 1 for a byte that a line may hold: anything but control characters, of which the tab is allowed. */
const isLineByte = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === tab || (byte >= 0x20 && byte !== 0x7f) ? 1 : 0,
)

/**
 * Where the line that begins at `start` ends: the position of its CRLF, `incomplete`, or a key of
 * `lineErrors`. What it says does not depend on how much follows the line. `sound` is how many of its
 * bytes were looked at before and were found to be allowed.
 */
export function findLineEnd(bytes: Uint8Array, start: number, end: number, sound = 0): number {
  const limit = Math.min(end, start + maxLineBytes + 1)
  let at = start + sound
  while (at < limit && isLineByte[bytes[at] as number] === 1) at++
  if (at - start > maxLineBytes) return tooLong
  if (at === end) return incomplete
  if (bytes[at] === lineFeed) return bareLineFeed
  if (bytes[at] !== carriageReturn) return controlCharacter
  if (at + 1 === end) return incomplete
  return bytes[at + 1] === lineFeed ? at : bareCarriageReturn
}

/**
 * The last head that came in one piece. Within a second most responses to one request have the same head, byte by byte:
 * such a one is compared with it instead of being read.
 */
export interface RecentHead {
  readonly bytes: Buffer
  /** Length of the head in bytes; 0 while there is none. */
  length: number
  readonly head: ResponseHead
}

/** Longer heads are read every time. */
const mostBytes = 1024

/** None yet. */
export function createRecentHead(): RecentHead {
  return { bytes: Buffer.allocUnsafeSlow(mostBytes), length: 0, head: emptyHead() }
}

/** Keeps a head that takes up the first `length` bytes of `chunk`, and says what `head` says. */
export function rememberHead(recent: RecentHead, chunk: Buffer, length: number, head: ResponseHead): void {
  recent.length = length > mostBytes ? 0 : length
  chunk.copy(recent.bytes, 0, 0, recent.length)
  copyHead(recent.head, head)
}

/** Fills in `head` when the first bytes of `chunk`, up to `end`, are the head that is kept; otherwise it says false. */
export function recallHead(recent: RecentHead, chunk: Buffer, end: number, head: ResponseHead): boolean {
  const { length, bytes } = recent
  if (length === 0 || length > end || chunk.compare(bytes, 0, length, 0, length) !== 0) return false
  copyHead(head, recent.head)
  return true
}

function copyHead(to: ResponseHead, from: ResponseHead): void {
  to.status = from.status
  to.isHttp10 = from.isHttp10
  to.contentLength = from.contentLength
  to.chunked = from.chunked
  to.connection = from.connection
  to.keptIdleMs = from.keptIdleMs
}

/** Digits of a chunk's size; more would not be exact as a number. */
const maxSizeDigits = 12

/** Extensions after a chunk's size (RFC 9112, 7.1.1), without the blanks that are only tolerated. */
const chunkExtensions = /^(?:;[!#$%&'*+\-.^_`|~\w]+(?:=(?:[!#$%&'*+\-.^_`|~\w]+|"(?:[^"\\]|\\.)*"))?)*$/

/** Parses the line of a chunk's size; -1 when it is none. */
export function parseChunkSize(line: Buffer, start: number, end: number): number {
  let size = 0
  let at = start
  for (; at < end; at++) {
    const digit = hexDigit(line[at] as number)
    if (digit < 0) break
    size = size * 16 + digit
  }
  const digits = at - start
  const isSound = digits > 0 && digits <= maxSizeDigits && hasChunkExtensions(line, at, end)
  return isSound ? size : -1
}

function hasChunkExtensions(line: Buffer, start: number, end: number): boolean {
  return start === end || chunkExtensions.test(line.toString('latin1', start, end))
}

/** Returns the value of a hexadecimal digit; -1 for any other byte. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = (byte | 0x20) - 0x61
  return letter >= 0 && letter < 6 ? letter + 10 : -1
}
