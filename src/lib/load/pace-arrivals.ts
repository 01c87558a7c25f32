import { iterateOnce } from './iteration.ts'
import type { OpenModel } from './model.ts'
import { arrivalTimes, takeTurns } from './pacing.ts'
import { createWait, start, type Run } from './run-state.ts'
import { createSession, type PreparedUser } from './session.ts'

/** How long after the end an iteration that was due before it may start: a timer is some ms late, a laggard more. */
const overtimeMs = 100

/** The open model: starts iterations on the schedule of `model`. Returns when the last was started or skipped. */
export async function paceArrivals(run: Run, users: readonly PreparedUser[], model: OpenModel): Promise<void> {
  const { clock } = run.plan
  const free = users.toReversed()
  await followSchedule(run, model, (at) => {
    const prepared = free.pop()
    if (!prepared) return false
    const session = createSession(clock, prepared, at)
    void start(run, session, async () => {
      await iterateOnce(run.parts, session)
      free.push(prepared)
    })
    return true
  })
}

/** Calls `begin` when something is due, with the time; what it cannot begin, for which it says false, is skipped. */
export async function followSchedule(run: Run, model: OpenModel, begin: (at: number) => boolean): Promise<void> {
  const { clock, random, recorder, part } = run.plan
  const waitUntil = createWait(run)
  const latestStart = run.startedAt + model.durationMs + overtimeMs
  let open = true
  for (const atMs of takeTurns(arrivalTimes(model, random.fork('arrivals')), part)) {
    const at = run.startedAt + atMs
    open &&= (await waitUntil(at)) && clock.now() < latestStart
    if (!open && at > clock.now()) return
    if (open && begin(at)) continue
    run.full ||= open
    recorder.recordSkipped()
  }
}
