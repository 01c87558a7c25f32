/** What the head of a response says about the response and its connection. */
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

/** What stands behind the colon, in small letters, without the blanks around it. */
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
