import type { LedgerEntry } from '../../load/scenario.ts'

/** What a client notes of an attempt, so that it can be found in the tables whether it was answered or not. */
type Attempt = Pick<LedgerEntry, 'key' | 'resource'>

/** A message; the client makes its key, one for each attempt. */
export function messageAttempt(roomId: string, key: string): Attempt {
  return { key, resource: `room ${roomId}` }
}

/** Somebody applies for a post; the client makes its key, one for each attempt. */
export function applicationAttempt(postId: string, key: string): Attempt {
  return { key, resource: `post ${postId}` }
}

/** A post whose id is known. */
export function postAttempt(postId: string): Attempt {
  return { key: postId, resource: 'post' }
}

/** An image of a post that was approved. */
export function imageAttempt(postId: string, imageId: string): Attempt {
  return { key: imageId, resource: `image of post ${postId}` }
}
