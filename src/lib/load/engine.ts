import { createSleepers, type Clock, type Sleepers } from '../measure/clock.ts'
import type { Random } from '../random.ts'
import type { HttpClient } from './http-client.ts'
import { durationOf, type OpenModel, type ScenarioModel } from './model.ts'
import type { OutcomeStatuses } from './outcome.ts'
import { arrivalTimes, changesOfPart, takeTurns, userChanges, type Part, type Stage } from './pacing.ts'
import type { Recorder } from './recorder.ts'
import type { PartNews } from './result.ts'
import type { Ledger, Scenario } from './scenario.ts'
import {
  createSession,
  iterateOnce,
  iterateUntilStopped,
  stopSession,
  type PreparedUser,
  type Session,
  type SessionParts,
} from './session.ts'
import { createSharedJson } from './shared-json.ts'

/** What a run is made of, or one generator's part of it. */
export interface RunPlan {
  /** Of the whole run. */
  readonly model: ScenarioModel
  readonly part: Part
  /** As many as this part of the model needs at most; the signal is already aborted if they are fewer. */
  readonly users: readonly PreparedUser[]
  readonly scenarios: readonly Scenario[]
  /** How long requests may go on after the end, before they are cut off. */
  readonly graceMs: number
  readonly random: Random
  readonly clock: Clock
  readonly client: HttpClient
  readonly recorder: Recorder
  readonly runId: string
  readonly ledger: Ledger
  readonly statuses: OutcomeStatuses
  /** Ends the run early, in the same orderly way. */
  readonly signal: AbortSignal
  /** The moment on the clock from which all is counted, now or later; now unless given. */
  readonly startAt?: number | undefined
  readonly onSecond: (news: PartNews) => void
}

/** Users that start without a pause: who cannot keep up with a schedule must still see to answers and to Ctrl-C. */
const mostAtOnce = 256

/** How long after the end an iteration that was due before it may start: a timer is some ms late, a laggard more. */
const overtimeMs = 100

/** How long scenarios that wait for something of their own are waited for, once no request is under way. */
const lingerMs = 1000

/**
 * Runs this part's virtual users as the model says until its time is over or the signal aborts. Users that think
 * then stop at once; requests under way may finish within the grace and are then cut off, which
 * counts as a failure. Returns what came after the last second.
 */
export async function runLoadModel(plan: RunPlan): Promise<PartNews> {
  const run = createRun(plan)
  const { model, users, signal } = plan
  const wakeAll = (): void => run.sleepers.wakeAll()
  if (signal.aborted) wakeAll()
  signal.addEventListener('abort', wakeAll)
  const pacing = model.kind === 'closed' ? paceUsers(run, users, model.stages) : paceArrivals(run, users, model)
  await Promise.all([pacing, endEverySecond(run, durationOf(model))])
  signal.removeEventListener('abort', wakeAll)
  const seconds = secondsSinceStart(run)
  for (const session of run.sessions.keys()) stop(run, session)
  await finishWithin(run)
  return newsOf(run, seconds, 0)
}

interface Run {
  readonly plan: RunPlan
  readonly parts: SessionParts
  readonly startedAt: number
  /** Those who start users and end seconds. */
  readonly sleepers: Sleepers
  /** What has not ended, with the promise of its end. */
  readonly sessions: Map<Session, Promise<void>>
  /** Sessions that are not stopped, and the most of them. */
  active: number
  mostActive: number
  /** Iterations were skipped because no more may be in flight. */
  full: boolean
  iterations: number
  /** Time of all sessions up to their stop, and what of it they waited for answers. */
  userMs: number
  waitedMs: number
}

function createRun(plan: RunPlan): Run {
  const run: Run = {
    plan,
    parts: { ...plan, parse: createSharedJson(), onIteration: () => void run.iterations++ },
    startedAt: plan.startAt ?? plan.clock.now(),
    sleepers: createSleepers(plan.clock),
    sessions: new Map(),
    active: 0,
    mostActive: 0,
    full: false,
    iterations: 0,
    userMs: 0,
    waitedMs: 0,
  }
  return run
}

async function paceUsers(run: Run, users: readonly PreparedUser[], stages: readonly Stage[]): Promise<void> {
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

async function paceArrivals(run: Run, users: readonly PreparedUser[], model: OpenModel): Promise<void> {
  const { clock, random, recorder, part } = run.plan
  const waitUntil = createWait(run)
  const latestStart = run.startedAt + model.durationMs + overtimeMs
  const free = users.toReversed()
  let open = true
  for (const atMs of takeTurns(arrivalTimes(model, random.fork('arrivals')), part)) {
    const at = run.startedAt + atMs
    open &&= (await waitUntil(at)) && clock.now() < latestStart
    if (!open && at > clock.now()) return
    const prepared = open ? free.pop() : undefined
    if (!prepared) {
      run.full ||= open
      recorder.recordSkipped()
      continue
    }
    const session = createSession(clock, prepared, at)
    void start(run, session, async () => {
      await iterateOnce(run.parts, session)
      free.push(prepared)
    })
  }
}

/** Resolves at the given time with true, or with false once the run ends. */
function createWait({ plan: { clock }, sleepers }: Run): (at: number) => Promise<boolean> {
  let started = 0
  return async (at) => {
    if (at <= clock.now() && started++ < mostAtOnce) return !sleepers.awake
    started = 0
    return sleepers.sleep(Math.max(0, at - clock.now()))
  }
}

function start(run: Run, session: Session, work: () => Promise<void>): Promise<void> {
  run.active++
  run.mostActive = Math.max(run.mostActive, run.active)
  const ended = work().finally(() => {
    stop(run, session)
    run.waitedMs += session.waitedMs
    run.sessions.delete(session)
  })
  run.sessions.set(session, ended)
  return ended
}

/** Stops a session that has not been stopped yet. */
function stop(run: Run, session: Session): void {
  if (session.stoppedAt !== Infinity) return
  stopSession(session, run.plan.clock.now())
  run.active--
  run.userMs += Math.max(0, session.stoppedAt - session.startAt)
}

/** Makes a row of every second, until `durationMs` are over or the run is ended. */
async function endEverySecond(run: Run, durationMs: number): Promise<void> {
  const { clock, onSecond } = run.plan
  const sleepUntil = (ms: number) => run.sleepers.sleep(Math.max(0, run.startedAt + ms - clock.now()))
  // Counted from 0, since what is added to the clock's time again and again is rounded, and may miss the last second.
  for (let ms = 1000; ms <= durationMs && !run.sleepers.awake; ms += 1000) {
    if (await sleepUntil(ms)) onSecond(newsOf(run, ms / 1000, run.active))
  }
  await sleepUntil(durationMs)
}

async function finishWithin({ plan: { clock, client, graceMs }, sessions }: Run): Promise<void> {
  const grace = createSleepers(clock)
  const ended = Promise.all(sessions.values()).finally(() => grace.wakeAll())
  await grace.sleep(graceMs)
  await client.close()
  await grace.sleep(lingerMs)
  if (grace.awake) await ended
}

function secondsSinceStart({ plan: { clock }, startedAt }: Run): number {
  return Math.max(0, clock.now() - startedAt) / 1000
}

/** All sessions' time up to now, those that have not ended included, and what was recorded since it was last asked. */
function newsOf(run: Run, seconds: number, users: number): PartNews {
  const now = run.plan.clock.now()
  let { userMs, waitedMs } = run
  for (const session of run.sessions.keys()) {
    if (session.stoppedAt === Infinity) userMs += Math.max(0, now - session.startAt)
    waitedMs += session.waitedMs
  }
  const { mostActive, full, iterations } = run
  const elapsedSeconds = secondsSinceStart(run)
  return {
    recorded: run.plan.recorder.take(users),
    progress: { seconds, elapsedSeconds, users: mostActive, full, iterations, userMs, waitedMs },
  }
}
