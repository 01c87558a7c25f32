import { retry, type Attempt, type RetryPolicy } from '../retry.ts'

/** A session that was borrowed from a pool. */
export interface BorrowedSession<Session> {
  readonly session: Session
  /** Gives it back. */
  release(): void
  /** Closes its connection: the next may lead to another server. */
  discard(): void
}

/**
 * Does `work` again as `retry` does, and throws what that throws: in one session for all tries, so that no more meet than
 * the pool has, but in another one after a server that takes no writes.
 */
export async function retryInSession<Session, T>(
  borrow: () => Promise<BorrowedSession<Session>>,
  work: (session: Session, attempt: Attempt) => Promise<T>,
  policy: RetryPolicy,
): Promise<T> {
  let held = null as BorrowedSession<Session> | null
  try {
    return await retry(async (attempt) => {
      held ??= await borrow()
      try {
        return await work(held.session, attempt)
      } catch (error) {
        if (policy.findTransientError(error)?.kind === 'refused') {
          held.discard()
          held = null
        }
        throw error
      }
    }, policy)
  } finally {
    held?.release()
  }
}
