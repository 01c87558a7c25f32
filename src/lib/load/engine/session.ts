import { createTimers, type Clock, type Timers } from '../../base/measure/clock.ts'
import type { Random } from '../../base/random.ts'
import type { HttpClient } from '../../ports/http-client.ts'
import type { Mistakes } from '../scenarios/mistakes.ts'
import type { OutcomeStatuses } from '../../ports/outcome.ts'
import type { Recorder } from '../metrics/recorder.ts'
import type { SocketOpener } from '../clients/socket-opener.ts'
import type { Ledger, Scenario } from '../../ports/scenario.ts'
import type { ParseJson } from '../scenarios/shared-json.ts'
import { createUserTime, type UserTime } from './user-time.ts'

/** What all sessions of a run share. */
export interface SessionParts {
  readonly scenarios: readonly Scenario[]
  readonly clock: Clock
  readonly client: HttpClient
  readonly sockets: SocketOpener
  readonly recorder: Recorder
  readonly runId: string
  readonly ledger: Ledger
  readonly statuses: OutcomeStatuses
  readonly parse: ParseJson
  readonly mistakes: Mistakes
  /** Called when an iteration begins. */
  readonly onIteration: () => void
  /** Called when one has ended that began with its think time, with its length. */
  readonly onIterationEnd: (ms: number) => void
}

/** A user that has done the heavy work of its scenarios. */
export interface PreparedUser {
  readonly id: number
  readonly random: Random
  /** One for each scenario. */
  readonly states: readonly unknown[]
}

/** A user from its start to its stop: in the open model for one iteration. Times in ms on the clock. */
export interface Session {
  readonly prepared: PreparedUser
  /** When it was to start. */
  readonly startAt: number
  /** Infinity until it stops. */
  stoppedAt: number
  /** What of the time up to its stop it waited for responses. */
  waitedMs: number
  /** Answers and texts that it waits for now. */
  waits: number
  /** Thinks and requests that have ended so far. */
  steps: number
  /** Name of the scenario that it is in. */
  scenario: string
  readonly timers: Timers
  /** `stopped` was thrown into its scenario: whatever comes of that iteration is nobody's failure. */
  cutShort: boolean
  /** Calls that were refused because it has stopped. */
  refusals: number
  /** Requests that nobody need wait for, but the user. */
  underWay: number
  /** Called when none is under way any more. */
  onAllEnded: (() => void) | null
  /** When it last began or ended to do anything by its methods. */
  activeAt: number
  /** Of the steps since it has started. */
  time: UserTime
  /** After a request that found no connection, when the next may be sent; 0 otherwise. */
  notBefore: number
  /** Ends it though its scenario has not returned; it is set where the session is started. */
  abandon: () => void
}

/** A session whose first request is due at `startAt`. */
export function createSession(clock: Clock, prepared: PreparedUser, startAt: number): Session {
  return {
    prepared,
    startAt,
    stoppedAt: Infinity,
    waitedMs: 0,
    waits: 0,
    steps: 0,
    scenario: '',
    timers: createTimers(clock),
    cutShort: false,
    refusals: 0,
    underWay: 0,
    onAllEnded: null,
    activeAt: startAt,
    time: createUserTime(startAt, clock.now()),
    notBefore: 0,
    abandon() {},
  }
}

/** A step that was under way has ended. */
export function endStep(session: Session): void {
  session.steps++
  if (--session.underWay === 0) session.onAllEnded?.()
}

/**
 * Resolves when the requests of a session have ended which its scenario did not wait for. Without it, a scenario that
 * forgot to would send more and more of them at once, and those of a run's end would be cut off without a grace.
 */
export async function requestsEnded(session: Session): Promise<void> {
  if (session.underWay === 0) return
  await new Promise<void>((done) => (session.onAllEnded = done))
  session.onAllEnded = null
}

/** A user that thinks stops at once, one that waits for a response when that is there. */
export function stopSession(session: Session, now: number): void {
  session.stoppedAt = now
  session.timers.cancelAll()
}
