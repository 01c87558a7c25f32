import { withoutTimerLateness, type Clock } from '../measure/clock.ts'
import type { Session } from './session.ts'

/** When a request was due and sent, and when its answer was there; ms on the clock. */
export interface Timing {
  /** When it should have been sent, but for what a timer is late by itself. */
  readonly due: number
  /** When it should have been sent. */
  readonly planned: number
  readonly sent: number
  readonly ended: number
}

/** Keeps when the next step of a user is due, and how long the user waited for answers. */
export interface UserTime {
  /** When the last request was sent. */
  readonly asked: number
  /** Sends a request and waits for its answer. */
  ask<Answer>(send: () => Promise<Answer>): Promise<Timing & { readonly answer: Answer }>
  /** Waits for what the server sends by itself. */
  listen<Text>(work: () => Promise<Text>): Promise<Text>
  /** Does what the API has no part in: the next request is due so much later. */
  pass<T>(work: () => Promise<T>): Promise<T>
  /** Thinks; false when the user is to stop. */
  think(ms: number): Promise<boolean>
}

/**
 * The time of a user that starts now. What begins when something else has ended was due at that end; what is sent
 * beside a request that is under way is due when it is sent. Time in which several answers are waited for counts once.
 */
export function createUserTime(clock: Clock, session: Session): UserTime {
  let planned = session.startAt
  let due = withoutTimerLateness(session.startAt, clock.now())
  /** Something has ended, and nothing has begun since. */
  let follows = true
  let asked = session.startAt
  let waitingSince = 0

  function begin(now: number): { readonly due: number; readonly planned: number } {
    session.activeAt = now
    const begun = follows ? { due, planned } : { due: now, planned: now }
    follows = false
    return begun
  }

  function end(at: number, before: number = at): void {
    session.activeAt = clock.now()
    due = at
    planned = before
    follows = true
  }

  async function wait<T>(since: number, work: () => Promise<T>): Promise<T> {
    if (session.waits++ === 0) waitingSince = since
    try {
      return await work()
    } finally {
      if (--session.waits === 0)
        session.waitedMs += Math.max(0, Math.min(clock.now(), session.stoppedAt) - waitingSince)
    }
  }

  /** Keeps what the user was late by, for which this is not to blame. */
  async function keepLateness<T>(work: () => Promise<T>): Promise<T> {
    const now = clock.now()
    const begun = begin(now)
    try {
      return await work()
    } finally {
      const tookMs = clock.now() - now
      end(begun.due + tookMs, begun.planned + tookMs)
    }
  }

  return {
    get asked() {
      return asked
    },
    async ask(send) {
      const sent = (asked = clock.now())
      const begun = begin(sent)
      // Timers fire up to a millisecond early; then the wait for the answer began when it was sent.
      const timing = { due: Math.min(begun.due, sent), planned: Math.min(begun.planned, sent), sent }
      try {
        const answer = await wait(timing.due, send)
        return { ...timing, answer, ended: clock.now() }
      } finally {
        end(clock.now())
      }
    },
    listen: (work) => keepLateness(() => wait(clock.now(), work)),
    pass: keepLateness,
    async think(ms) {
      const begun = begin(clock.now())
      // What a timer is late by is made up for by the next, so that the pace is kept.
      const at = begun.planned + ms
      const slept = await session.sleepers.sleep(Math.max(0, at - clock.now()))
      end(withoutTimerLateness(at, clock.now()), at)
      return slept
    },
  }
}
