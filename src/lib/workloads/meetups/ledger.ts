import type { LedgerEntry } from '../../ports/scenario.ts'

/** The note of an attempt by which it is found in the tables, whether the client got a response or not. */
type Attempt = Pick<LedgerEntry, 'key' | 'resource'>

/** Notes a message; the client makes its key, one for each attempt. */
export function messageAttempt(roomId: string, key: string): Attempt {
  return { key, resource: `room ${roomId}` }
}

/** Notes an application for a post; the client makes its key, one for each attempt. */
export function applicationAttempt(postId: string, key: string): Attempt {
  return { key, resource: `post ${postId}` }
}

/** Notes a post whose id is known. */
export function postAttempt(postId: string): Attempt {
  return { key: postId, resource: 'post' }
}

/** Notes an image of a post that was approved. */
export function imageAttempt(postId: string, imageId: string): Attempt {
  return { key: imageId, resource: `image of post ${postId}` }
}

/** A subscriber of a room, for as long as one connection lasts. */
export interface Delivered {
  readonly roomId: string
  /** Unlike that of any other connection. */
  readonly subscriber: string
}

/**
 * A message and one of those who were connected when it was acknowledged, in the order in which each got them: booked
 * where it came, failed where it did not, though the connection lasted. A connection that was lost leaves nothing.
 */
export function deliveryAttempt({ roomId, subscriber }: Delivered, messageId: string): Attempt {
  return { key: `${messageId}>${subscriber}`, resource: `${deliveredIn}${roomId}` }
}

/** Reads what `deliveryAttempt` has made; null for any other attempt. */
export function readDelivery({ key, resource }: Attempt): (Delivered & { readonly messageId: string }) | null {
  if (typeof resource !== 'string' || !resource.startsWith(deliveredIn)) return null
  const at = key.indexOf('>')
  return { roomId: resource.slice(deliveredIn.length), subscriber: key.slice(at + 1), messageId: key.slice(0, at) }
}

const deliveredIn = 'subscriber of room '
