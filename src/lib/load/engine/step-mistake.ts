import { cutShort, isStop } from './refusals.ts'
import type { Session, SessionParts } from './session.ts'
import { pass } from './user-time.ts'

/** How long a call takes that cannot be made, ms. */
const failurePauseMs = 1

/**
 * How long after a request that found no connection the next one is sent at the earliest. Without think time a user
 * would try again thousands of times a second, which loads nobody but the generator.
 */
const pauseWithoutConnectionMs = 100

/**
 * Rejects a call that cannot be made with `error`, which ends the run if it is no accident. A scenario that catches that
 * and makes it over and over must let others through.
 */
export async function refuseCall(parts: SessionParts, session: Session, error: unknown, use: string): Promise<never> {
  const told = parts.mistakes.note(error, use, session.scenario)
  if (!isStop(error)) await pauseAfterFailure(parts)
  throw told
}

/** Lets others through where a call may be made over and over, and take no time. */
export function pauseAfterFailure({ clock }: SessionParts): Promise<void> {
  return new Promise((done) => void clock.schedule(failurePauseMs, done))
}

/** A request that was sent at `sent` found no connection. */
export function foundNoConnection(session: Session, sent: number): void {
  session.notBefore = sent + pauseWithoutConnectionMs
}

/** Waits until the next request may be sent. Rejects when the user is to stop. */
export async function waitForConnection({ clock }: SessionParts, session: Session): Promise<void> {
  const waitMs = session.notBefore - clock.now()
  if (waitMs > 0 && !(await pass(session, clock, () => session.timers.sleep(waitMs)))) throw cutShort(session)
  session.notBefore = 0
}

/** What a mistake in a step is remembered by. */
export function useOf(request: { readonly step: unknown } | undefined): string {
  try {
    return String(request?.step)
  } catch {
    return 'a step that cannot be read'
  }
}
