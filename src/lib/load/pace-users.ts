import { iterateUntilStopped } from './iteration.ts'
import { changesOfPart, userChanges, type Stage } from './pacing.ts'
import { createWait, start, stop, type Run } from './run-state.ts'
import { createSession, type PreparedUser, type Session } from './session.ts'

/** The closed model: lets users come and go as `stages` say. Returns when the last has come or gone. */
export async function paceUsers(run: Run, users: readonly PreparedUser[], stages: readonly Stage[]): Promise<void> {
  const waitUntil = createWait(run)
  const active: Session[] = []
  const ended: Promise<void>[] = []
  for (const change of changesOfPart(userChanges(stages), run.plan.part)) {
    const at = run.startedAt + change.atMs
    if (!(await waitUntil(at))) return
    if (change.users < active.length) {
      stop(run, active.pop() as Session)
      continue
    }
    const index = active.length
    const before = ended[index]
    const session = createSession(run.plan.clock, users[index] as PreparedUser, at)
    active.push(session)
    ended[index] = start(run, session, async () => {
      // A user that comes back may still wait for an answer to what it asked before it went.
      await before
      await iterateUntilStopped(run.parts, session)
    })
  }
}
