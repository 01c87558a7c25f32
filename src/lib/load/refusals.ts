import type { VirtualUser } from './scenario.ts'
import type { Session } from './session.ts'
import { causeOf } from './thrown.ts'

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

/** The same user, whose calls are refused once its session has stopped. */
export function refuseOnceStopped(user: VirtualUser, session: Session): VirtualUser {
  const { sleepers } = session
  const { think, request, connect, receive } = user
  return {
    ...user,
    think: (time) => (sleepers.awake ? refuse(session) : think(time)),
    request: (asked) => (sleepers.awake ? refuse(session) : request(asked)),
    connect: (asked) => (sleepers.awake ? refuse(session) : connect(asked)),
    // What was sent before is waited for, as an answer is.
    receive: (socket, asked) => (sleepers.awake && !socket?.isOpen ? refuse(session) : receive(socket, asked)),
  }
}

/** The error that ends an iteration from outside. */
export function cutShort(session: Session): Error {
  session.cutShort = true
  return stopped
}

function refuse(session: Session): Promise<never> {
  const error = cutShort(session)
  if (++session.refusals > mostRefusals) {
    session.abandon()
    return new Promise(() => {})
  }
  return handled(Promise.reject(error))
}

/** A promise that nobody has to wait for: a scenario that forgot to is not ended by its rejection. */
export function handled<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {})
  return promise
}
