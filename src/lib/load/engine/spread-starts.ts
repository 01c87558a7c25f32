import { expectedIterationMs } from './iteration-time.ts'
import { durationOf, mostUsersOf, type ClosedModel } from './model.ts'
import { createWait, type Run } from './run-state.ts'

/** The share of a run in which all users have begun, at most. */
const longestShare = 0.25

/** How often is looked whether iterations turn out to be shorter than was thought, ms. */
const lookEveryMs = 20

/**
 * Lets users begin evenly over one mean iteration, since users that begin together stay in step for long. Returns a
 * function that waits until this shard's next user begins, and gives that moment on the clock; null once the run ends.
 * The shards of a run take turns.
 */
export function createSpread(run: Run, model: ClosedModel): () => Promise<number | null> {
  const { clock, scenarios, shard } = run.plan
  const waitUntil = createWait(run)
  const users = mostUsersOf(model)
  const longestMs = durationOf(model) * longestShare
  const expectedMs = expectedIterationMs(scenarios)
  // The first of a shard begins after as many others as there are shards before it.
  let turns = shard.index
  let last = run.startedAt

  return async () => {
    const due = (): number => last + (turns * Math.min(longestMs, expectedMs ?? run.iterationMean.ms)) / users
    let at = due()
    while (at - clock.now() > lookEveryMs) {
      const lookAt = clock.now() + lookEveryMs
      if (!(await run.timers.sleep(lookEveryMs))) return null
      // What turns out to be due earlier than was thought is not late by that.
      at = Math.max(due(), lookAt)
    }
    turns = shard.of
    last = at
    return (await waitUntil(at)) ? at : null
  }
}
