import { ignoreFailure } from '../../base/abort.ts'
import { type Session, type SessionContext, pass } from './session.ts'
import { causeOf } from '../scenarios/mistakes.ts'

/** Errors around the one that was thrown first. */
const mostWraps = 10

/** Thrown into users that are to stop; it is nobody's failure. */
export const stopped = new Error('the user has been stopped')

/** Whether something was thrown because a user was to stop, by rushbench or by a scenario that wrapped it. */
export function isStop(thrown: unknown): boolean {
  let at = thrown
  // Causes may lead back to where they began.
  for (let wraps = 0; wraps < mostWraps && at !== undefined && at !== stopped; wraps++) at = causeOf(at)
  return at === stopped
}

/**
 * So many calls of a user that is to stop are refused. A scenario that catches every error and tries again would spin
 * for ever, and let nobody else through: its next call never settles, which ends the loop and leaves it to be collected.
 */
const mostRefusals = 10

/** The error that ends an iteration from outside. */
export function cutShort(session: Session): Error {
  session.cutShort = true
  return stopped
}

/** Refuses a call of a user that has stopped. */
export function refuse(session: Session): Promise<never> {
  const error = cutShort(session)
  if (++session.refusals > mostRefusals) {
    session.abandon()
    return new Promise(() => {})
  }
  const refused = Promise.reject(error)
  // A scenario that has forgotten to wait for it is not ended by its rejection.
  void ignoreFailure(refused)
  return refused
}

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
export async function refuseCall(
  context: SessionContext,
  session: Session,
  error: unknown,
  use: string,
): Promise<never> {
  const told = context.mistakes.note(error, use, session.scenario)
  if (!isStop(error)) await pauseAfterFailure(context)
  throw told
}

/** Lets others through where a call may be made over and over, and take no time. */
export function pauseAfterFailure({ clock }: SessionContext): Promise<void> {
  return new Promise((done) => void clock.schedule(failurePauseMs, done))
}

/** A request that was sent at `sent` found no connection. */
export function foundNoConnection(session: Session, sent: number): void {
  session.notBefore = sent + pauseWithoutConnectionMs
}

/** Waits until the next request may be sent. Rejects when the user is to stop. */
export async function waitForConnection({ clock }: SessionContext, session: Session): Promise<void> {
  const waitMs = session.notBefore - clock.now()
  if (waitMs > 0 && !(await pass(session, clock, () => session.timers.sleep(waitMs)))) throw cutShort(session)
  session.notBefore = 0
}

/** Returns the key by which a mistake in a step is remembered. */
export function useOf(request: { readonly step: unknown } | undefined): string {
  try {
    return String(request?.step)
  } catch {
    return 'a step that cannot be read'
  }
}
