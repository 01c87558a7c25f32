import { iterateUntilStopped } from './iteration.ts'
import { type ClosedModel, durationOf, mostUsersOf } from './model.ts'
import { changesOfShard, userChanges, type UserChange } from './schedule.ts'
import { createWait, start, stop, type Run } from './run-state.ts'
import { createSession, type PreparedUser, type Session } from './session.ts'
import { expectedIterationMs } from './iteration-time.ts'

/** The closed model: lets users come and go as `model` says. Returns when the last has come or gone. */
export async function paceUsers(run: Run, users: readonly PreparedUser[], model: ClosedModel): Promise<void> {
  const turnOf = model.starts === 'spread' ? createSpread(run, model) : followStages(run)
  const active: Session[] = []
  const ended: Promise<void>[] = []
  for (const change of changesOfShard(userChanges(model.stages), run.plan.shard)) {
    const at = await turnOf(change)
    if (at === null) return
    if (change.users < active.length) {
      stop(run, active.pop() as Session)
      continue
    }
    run.startsMs = Math.max(run.startsMs, at - run.startedAt)
    const index = active.length
    const before = ended[index]
    const session = createSession(run.plan.clock, users[index] as PreparedUser, at)
    active.push(session)
    ended[index] = start(run, session, async () => {
      // A user that comes back may still wait for a response to what it asked before it went.
      await before
      await iterateUntilStopped(run.context, session)
    })
  }
}

/** Waits for a change, and gives its moment on the clock; null once the run ends. */
function followStages(run: Run): (change: UserChange) => Promise<number | null> {
  const waitUntil = createWait(run)
  return async ({ atMs }) => ((await waitUntil(run.startedAt + atMs)) ? run.startedAt + atMs : null)
}

/** The share of a run in which all users have begun, at most. */
const longestShare = 0.25

/** Interval at which the expected iteration length is checked again, ms. */
const lookEveryMs = 20

/**
 * Lets users begin evenly over one mean iteration, since users that begin together stay in step for long. Returns a
 * function that waits until this shard's next user begins, and gives that moment on the clock; null once the run ends.
 * The shards of a run take turns.
 */
function createSpread(run: Run, model: ClosedModel): () => Promise<number | null> {
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
