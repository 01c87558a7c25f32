import { emptyHead, type ResponseHead } from './response-head.ts'

/**
 * The last head that came in one piece. Within a second most responses to one request have the same head, byte by byte:
 * such a one is compared with it instead of being read.
 */
export interface RecentHead {
  readonly bytes: Buffer
  /** Of the head, in bytes; 0 while there is none. */
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
