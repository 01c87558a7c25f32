import { createTimers, type Clock, type Timers, withoutTimerLateness } from '../../base/measure/clock.ts'
import type { Random } from '../../base/random.ts'
import type { HttpClient } from '../../ports/http-client.ts'
import type { OutcomeStatuses } from '../../ports/outcome.ts'
import type { Recorder } from '../metrics/recorder.ts'
import type { Ledger, Scenario } from '../../ports/scenario.ts'
import { ignoreFailure } from '../../base/abort.ts'
import type { DatabasePool } from '../clients/database/database-pool.ts'
import type { SocketOpener } from '../clients/http/web-sockets.ts'
import type { Mistakes } from '../scenarios/mistakes.ts'
import type { ParseJson } from '../clients/http/kept-body.ts'

/** State that all sessions of a run share. */
export interface SessionContext {
  readonly scenarios: readonly Scenario[]
  readonly clock: Clock
  readonly client: HttpClient
  readonly sockets: SocketOpener
  /** Connections to a database; none where the load is on an API. */
  readonly database?: DatabasePool | null
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
  /** Time up to its stop that it spent waiting for responses. */
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
  /** Due times of its steps since it started. */
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

/** When a request was due and sent; ms on the clock. */
export interface Sending {
  /** When it should have been sent, but for what a timer is late by itself. */
  readonly due: number
  /** When it should have been sent. */
  readonly planned: number
  readonly sent: number
}

/**
 * When the next step of a user is due, ms on the clock. What begins when something else has ended was due at that end;
 * what is sent beside a request that is under way is due when it is sent. Plain data, since a run has thousands.
 */
export interface UserTime {
  due: number
  planned: number
  /** Something has ended, and nothing has begun since. */
  follows: boolean
  /** When the last request was sent. */
  asked: number
  /** Since when the responses are waited for that are waited for now. */
  waitingSince: number
}

/** The time of a user that was to start at `startAt`, and does so now. */
function createUserTime(startAt: number, now: number): UserTime {
  return {
    due: withoutTimerLateness(startAt, now),
    planned: startAt,
    follows: true,
    asked: startAt,
    waitingSince: 0,
  }
}

/** Keeps what the user was late by, for which this is not to blame, and adds nothing for the time that `work` takes. */
export async function pass<T>(session: Session, clock: Clock, work: () => Promise<T>): Promise<T> {
  const now = clock.now()
  const { due, planned } = begin(session, now)
  try {
    return await work()
  } finally {
    const after = clock.now()
    end(session, after, due + after - now, planned + after - now)
  }
}

/** Waits for what the server sends by itself. */
export function listen<Text>(session: Session, clock: Clock, work: () => Promise<Text>): Promise<Text> {
  return pass(session, clock, async () => {
    beginWait(session, clock.now())
    try {
      return await work()
    } finally {
      endWait(session, clock.now())
    }
  })
}

/** A request is sent now, and its response waited for until `endRequest`. */
export function beginRequest(session: Session, sent: number): Sending {
  const { due, planned } = begin(session, sent)
  session.time.asked = sent
  // Timers fire up to a millisecond early; then the wait for the response began when it was sent.
  const sending = { due: Math.min(due, sent), planned: Math.min(planned, sent), sent }
  beginWait(session, sending.due)
  return sending
}

/** The response of a request is there, or never comes. */
export function endRequest(session: Session, now: number): void {
  endWait(session, now)
  end(session, now, now, now)
}

/** Thinks. Rejects with what `cutShort` returns when the user is to stop. */
export function think(session: Session, clock: Clock, ms: number, cutShort: () => Error): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // What a timer is late by is made up for by the next, so that the pace is kept.
  const at = begin(session, clock.now()).planned + ms
  session.timers.sleepThen(Math.max(0, at - clock.now()), (slept) => {
    const now = clock.now()
    end(session, now, withoutTimerLateness(at, now), at)
    session.steps++
    if (slept) return resolve()
    // A scenario that has forgotten to wait for it is not ended by its rejection.
    void ignoreFailure(promise)
    reject(cutShort())
  })
  return promise
}

function begin(session: Session, now: number): { readonly due: number; readonly planned: number } {
  const { time } = session
  session.activeAt = now
  const { follows, due, planned } = time
  time.follows = false
  return follows ? { due, planned } : { due: now, planned: now }
}

function end(session: Session, now: number, due: number, planned: number): void {
  const { time } = session
  session.activeAt = now
  time.due = due
  time.planned = planned
  time.follows = true
}

/** Time in which several responses are waited for counts once. */
function beginWait(session: Session, since: number): void {
  if (session.waits++ === 0) session.time.waitingSince = since
}

function endWait(session: Session, now: number): void {
  if (--session.waits > 0) return
  session.waitedMs += Math.max(0, Math.min(now, session.stoppedAt) - session.time.waitingSince)
}
