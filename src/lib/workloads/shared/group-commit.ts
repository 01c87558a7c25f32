/** Answers each of a batch, in its order, some perhaps later than others; what it rejects with is everybody's answer. */
type CommitBatch<Wish, Answer> = (batch: readonly Wish[]) => Promise<readonly (Answer | Promise<Answer>)[]>

interface Waiting<Wish, Answer> {
  readonly wish: Wish
  readonly answer: (answer: Answer | Promise<Answer>) => void
  readonly fail: (error: unknown) => void
}

/**
 * Lets wishes that come in together share a commit (group commit): those that arrive while a commit is under way make up
 * the next one, so that waiting for the disk costs each of them less the busier it gets. `maxBatch` bounds how long the
 * first of a batch waits for the last.
 */
export function createGroupCommit<Wish, Answer>(
  commit: CommitBatch<Wish, Answer>,
  maxBatch: number,
): (wish: Wish) => Promise<Answer> {
  let waiting: Waiting<Wish, Answer>[] = []
  let scheduled = false

  async function commitAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(maxBatch)
      await commitOne(batch)
    }
    scheduled = false
  }

  async function commitOne(batch: readonly Waiting<Wish, Answer>[]): Promise<void> {
    try {
      const answers = await commit(batch.map(({ wish }) => wish))
      for (const [index, { answer }] of batch.entries()) answer(answers[index] as Answer)
    } catch (error) {
      for (const { fail } of batch) fail(error)
    }
  }

  return (wish) =>
    new Promise((answer, fail) => {
      waiting.push({ wish, answer, fail })
      if (scheduled) return
      scheduled = true
      // After this turn's sockets are read, so that all wishes that are here already go together.
      setImmediate(() => void commitAll())
    })
}
