import { ignoreFailure, onAbort } from '../../base/abort.ts'
import { createTimers } from '../../base/measure/clock.ts'
import { endOf } from './model.ts'
import { paceArrivals, paceRequests } from './pace-arrivals.ts'
import { paceConnections } from './pace-connections.ts'
import { paceUsers } from './pace-users.ts'
import type { ShardInterval } from '../metrics/result.ts'
import { createRun, intervalOf, secondsSinceStart, stop, type Run, type RunPlan } from './run-state.ts'

/** How long scenarios that wait for something of their own are waited for, once no request is under way. */
export const mostOvertimeMs = 1000

/** A user hangs that waits for so long, also after the end, for something of its scenario's own. */
const hangingMs = 10_000

/**
 * Runs this shard's virtual users as the model says until its time is over or the signal aborts. Users that think
 * then stop at once; requests under way may finish within the grace and are then cut off, which
 * counts as a failure. Returns what came after the last second.
 */
export async function runLoadModel(plan: RunPlan): Promise<ShardInterval> {
  const run = createRun(plan)
  const { model, signal } = plan
  const stopListening = onAbort(signal, () => run.timers.cancelAll())
  await Promise.all([pace(run), endEverySecond(run, endOf(model))])
  stopListening()
  const seconds = secondsSinceStart(run)
  plan.recorder.endAt(plan.clock.now())
  for (const session of run.sessions.keys()) stop(run, session)
  await finishWithin(run)
  return intervalOf(run, seconds, 0)
}

function pace(run: Run): Promise<void> {
  const { model, users } = run.plan
  if (model.kind === 'closed') return paceUsers(run, users, model)
  if (model.kind === 'saturation') return paceConnections(run, model)
  return model.send ? paceRequests(run, model, model.send) : paceArrivals(run, users, model)
}

/** Makes a row of every second, until `durationMs` are over or the run is ended. */
async function endEverySecond(run: Run, durationMs: number): Promise<void> {
  const { clock, onSecond } = run.plan
  const sleepUntil = (ms: number) => run.timers.sleep(Math.max(0, run.startedAt + ms - clock.now()))
  // Counted from 0, since what is added to the clock's time again and again is rounded, and may miss the last second.
  for (let ms = 1000; ms <= durationMs && !run.timers.cancelled; ms += 1000) {
    if (await sleepUntil(ms)) onSecond(intervalOf(run, ms / 1000, run.active))
  }
  await sleepUntil(durationMs)
}

async function finishWithin(run: Run): Promise<void> {
  const { plan, sessions, responses } = run
  const { clock, client, sockets, database, graceMs } = plan
  const grace = createTimers(clock)
  const ended = Promise.all([...sessions.values(), ...responses]).finally(() => grace.cancelAll())
  await grace.sleep(graceMs)
  // Neither takes longer for a server that answers nothing: what is under way is cut off at once.
  for (const closing of [client.close(), sockets.close()]) void ignoreFailure(closing)
  database?.close()
  await grace.sleep(mostOvertimeMs)
  if (grace.cancelled) await ended
  else countHanging(run)
}

/**
 * A user that waits for what never comes makes no load, and nobody would hear of it. Short waits of a scenario's own are
 * none of that; nor is what it does once it was told to stop.
 */
function countHanging({ plan: { clock, recorder }, sessions }: Run): void {
  const now = clock.now()
  for (const { scenario, cutShort, waits, activeAt } of sessions.keys()) {
    if (cutShort || waits > 0 || now - activeAt < hangingMs) continue
    recorder.recordError(
      `${scenario}: for ${hangingMs / 1000} s and more it waited for something that is no request and no think`,
    )
  }
}
