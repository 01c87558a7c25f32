import type { RushbenchError } from '../../base/errors/errors.ts'
import { createTimers, type Clock, type Timers } from '../../base/measure/clock.ts'
import type { Random } from '../../base/random.ts'
import type { LoadClient } from '../../ports/http-client.ts'
import { createIterationMean, type IterationMean } from './iteration-time.ts'
import type { LoadModel } from './model.ts'
import type { OutcomeStatuses } from '../../ports/outcome.ts'
import type { Shard } from './schedule.ts'
import type { UserSupply } from './prepare.ts'
import type { Recorder } from '../metrics/recorder.ts'
import type { ShardInterval } from '../metrics/result.ts'
import type { Ledger, Scenario } from '../../ports/scenario.ts'
import { stopSession, type PreparedUser, type Session, type SessionContext } from './session.ts'
import type { DatabasePool } from '../clients/database/database-pool.ts'
import type { SocketOpener } from '../clients/http/web-sockets.ts'
import { createMistakes } from '../scenarios/mistakes.ts'
import { createSharedJson } from '../clients/http/kept-body.ts'

/** The plan of a run, or of one generator's shard of it. */
export interface RunPlan {
  /** The model of the whole run. */
  readonly model: LoadModel
  readonly shard: Shard
  /** As many as `usersAhead` says; the signal is already aborted if they are fewer. */
  readonly users: readonly PreparedUser[]
  /** The others. */
  readonly supply: UserSupply
  readonly scenarios: readonly Scenario[]
  /** How long requests may go on after the end, before they are cut off. */
  readonly graceMs: number
  readonly random: Random
  readonly clock: Clock
  readonly client: LoadClient
  readonly sockets: SocketOpener
  /** Connections to a database; none unless given. */
  readonly database?: DatabasePool | null
  readonly recorder: Recorder
  readonly runId: string
  readonly ledger: Ledger
  readonly statuses: OutcomeStatuses
  /** Ends the run early, in the same orderly way. */
  readonly signal: AbortSignal
  /** The moment on the clock from which all is counted, now or later; now unless given. */
  readonly startAt?: number | undefined
  readonly onSecond: (interval: ShardInterval) => void
  /** Told of a mistake in a scenario's text, for which the run has to be ended. */
  readonly onMistake: (error: RushbenchError) => void
}

/** Users that start without a pause: behind its schedule, a run must still see to responses and to Ctrl-C. */
const mostAtOnce = 256

/** A run that is under way. */
export interface Run {
  readonly plan: RunPlan
  readonly context: SessionContext
  readonly startedAt: number
  /** Timers that start users and end seconds. */
  readonly timers: Timers
  /** Sessions that have not ended, with the promises of their ends. */
  readonly sessions: Map<Session, Promise<void>>
  /** Answers that no session waits for. */
  readonly responses: Promise<void>[]
  /** Sessions that are not stopped, and the most of them. */
  active: number
  mostActive: number
  /** Iterations were skipped because no more may be in flight. */
  full: boolean
  /** Iterations were skipped because no user was prepared yet. */
  unprepared: boolean
  iterations: number
  /** Mean length of iterations that began with their think time. */
  readonly iterationMean: IterationMean
  /** From the start until the last user began. */
  startsMs: number
  /** Time of all sessions up to their stop, and what of it they waited for responses. */
  userMs: number
  waitedMs: number
}

/** A run that begins now, or when its plan says. */
export function createRun(plan: RunPlan): Run {
  const iterationMean = createIterationMean()
  const run: Run = {
    plan,
    context: {
      ...plan,
      parse: createSharedJson(),
      mistakes: createMistakes(plan.onMistake),
      onIteration() {
        run.iterations++
        plan.recorder.recordIteration()
      },
      onIterationEnd: iterationMean.add,
    },
    startedAt: plan.startAt ?? plan.clock.now(),
    timers: createTimers(plan.clock),
    sessions: new Map(),
    responses: [],
    active: 0,
    mostActive: 0,
    full: false,
    unprepared: false,
    iterations: 0,
    iterationMean,
    startsMs: 0,
    userMs: 0,
    waitedMs: 0,
  }
  return run
}

/** Resolves at the given time with true, or with false once the run ends. */
export function createWait({ plan: { clock }, timers }: Run): (at: number) => Promise<boolean> {
  let started = 0
  return async (at) => {
    if (at <= clock.now() && started++ < mostAtOnce) return !timers.cancelled
    started = 0
    return timers.sleep(Math.max(0, at - clock.now()))
  }
}

/** Starts a session's work; returns when it has ended, or was abandoned. */
export function start(run: Run, session: Session, work: () => Promise<void>): Promise<void> {
  run.active++
  if (run.active > run.mostActive) {
    run.mostActive = run.active
    run.plan.recorder.recordUsers(run.active)
  }
  const over = new Promise<void>((resolve, reject) => {
    session.abandon = resolve
    work().then(resolve, reject)
  })
  const ended = over.finally(() => {
    stop(run, session)
    run.waitedMs += session.waitedMs
    run.sessions.delete(session)
  })
  run.sessions.set(session, ended)
  return ended
}

/** Stops a session that has not been stopped yet. */
export function stop(run: Run, session: Session): void {
  if (session.stoppedAt !== Infinity) return
  stopSession(session, run.plan.clock.now())
  run.active--
  run.userMs += Math.max(0, session.stoppedAt - session.startAt)
}

export function secondsSinceStart({ plan: { clock }, startedAt }: Run): number {
  return Math.max(0, clock.now() - startedAt) / 1000
}

/** All sessions' time up to now, those that have not ended included, and what was recorded since it was last asked. */
export function intervalOf(run: Run, seconds: number, users: number): ShardInterval {
  const now = run.plan.clock.now()
  let { userMs, waitedMs } = run
  for (const session of run.sessions.keys()) {
    if (session.stoppedAt === Infinity) userMs += Math.max(0, now - session.startAt)
    waitedMs += session.waitedMs
  }
  const { mostActive, full, unprepared, iterations, startsMs } = run
  const elapsedSeconds = secondsSinceStart(run)
  return {
    recorded: run.plan.recorder.take(users),
    progress: {
      seconds,
      elapsedSeconds,
      users: mostActive,
      full,
      iterations,
      startsMs,
      userMs,
      waitedMs,
      ...(unprepared ? { unprepared } : {}),
    },
  }
}
