/** Commits a batch; its results, in the same order, may come later one by one. What it rejects with, every item rejects with. */
type CommitBatch<Item, Result> = (batch: readonly Item[]) => Promise<readonly (Result | Promise<Result>)[]>

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result | Promise<Result>) => void
  readonly reject: (error: unknown) => void
}

/**
 * Lets items that come in together share a commit (group commit): those that arrive while a commit is under way make up
 * the next one, so that waiting for the disk costs each of them less the busier it gets. `maxBatch` bounds how long the
 * first of a batch waits for the last.
 */
export function createGroupCommit<Item, Result>(
  commit: CommitBatch<Item, Result>,
  maxBatch: number,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []
  let scheduled = false

  async function commitAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(maxBatch)
      await commitOne(batch)
    }
    scheduled = false
  }

  async function commitOne(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await commit(batch.map(({ item }) => item))
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (scheduled) return
      scheduled = true
      // After this turn's sockets are read, so that all items that are here already go together.
      setImmediate(() => void commitAll())
    })
}
