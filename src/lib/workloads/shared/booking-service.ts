import { createGroupCommit } from './group-commit.ts'

/** Books places; a booking resolves only when it is durable. */
export type BookingService<Request, Result> = (request: Request) => Promise<Result>

const maxBatch = 256

/**
 * Books for requests that come in together with one commit. `commit` gives a result for each, or null for one that was
 * refused, and `explain` finds out why. Those who have their place are told so even where that cannot be found out.
 */
export function createBookingService<Request, Result extends string | object>(
  commit: (batch: readonly Request[]) => Promise<readonly (Result | null)[]>,
  explain: (refused: readonly Request[]) => Promise<(request: Request) => Result>,
): BookingService<Request, Result> {
  return createGroupCommit(async (batch: readonly Request[]) => {
    const results = await commit(batch)
    const refused = batch.filter((_, index) => results[index] === null)
    const reasons = refused.length > 0 ? explain(refused) : null
    return batch.map((request, index) => results[index] ?? reasons!.then((reasonOf) => reasonOf(request)))
  }, maxBatch)
}
