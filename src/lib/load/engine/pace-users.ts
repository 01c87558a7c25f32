import { iterateUntilStopped } from './iteration.ts'
import type { ClosedModel } from './model.ts'
import { changesOfShard, userChanges, type UserChange } from './pacing.ts'
import { createWait, start, stop, type Run } from './run-state.ts'
import { createSession, type PreparedUser, type Session } from './session.ts'
import { createSpread } from './spread-starts.ts'

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
      await iterateUntilStopped(run.parts, session)
    })
  }
}

/** Waits for a change, and gives its moment on the clock; null once the run ends. */
function followStages(run: Run): (change: UserChange) => Promise<number | null> {
  const waitUntil = createWait(run)
  return async ({ atMs }) => ((await waitUntil(run.startedAt + atMs)) ? run.startedAt + atMs : null)
}
