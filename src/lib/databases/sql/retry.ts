import { setTimeout as sleep } from 'node:timers/promises'
import { failure, reasonOf } from '../../errors.ts'

/** The pause before each grows by a millisecond. */
const maxTries = 10

/** Does `work` again when the server chose it to give way (a deadlock). Throws `database-busy` when it always did. */
export async function retryDeadlocks<T>(
  work: () => Promise<T>,
  isDeadlock: (error: unknown) => boolean,
  url: string,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!isDeadlock(error)) throw error
      if (tries === maxTries) throw failure('database-busy', { url, reason: reasonOf(error) }, error)
      await sleep(tries)
    }
  }
}
