import { ignoreFailure } from '../../base/abort.ts'
import type { Session } from './session.ts'
import { causeOf } from '../scenarios/thrown.ts'

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
