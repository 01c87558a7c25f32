import { ignoreFailure } from '../../base/abort.ts'
import { withoutTimerLateness, type Clock } from '../../base/measure/clock.ts'
import type { Session } from './session.ts'

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
export function createUserTime(startAt: number, now: number): UserTime {
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
