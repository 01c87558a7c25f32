import type { Random } from '../../base/random.ts'
import { receiveText, connectSocket } from './socket-steps.ts'
import { outcomeOf } from '../../ports/outcome.ts'
import { cutShort, refuse, refuseCall } from './refusals.ts'
import { sendRequest } from './request-step.ts'
import type { LedgerEntry, Outcome, StepResponse, ThinkTime, VirtualUser } from '../../ports/scenario.ts'
import { type Session, type SessionContext, pass, think } from './session.ts'
import { requireResponse, requireEntry, requireThinkTime } from '../scenarios/step-checks.ts'

/**
 * Creates the user of a scenario: everything it does is measured and charged to `session`; once that has stopped, calls are
 * refused. A run has thousands of users, so that each has no more functions of its own than a scenario may call.
 */
export function createUser(context: SessionContext, session: Session): VirtualUser {
  const { id, random } = session.prepared
  const { timers } = session
  return {
    id,
    random,
    runId: context.runId,
    ledger: { record: (entry) => recordEntry(context, session, entry) },
    outcomeOf: (response) => outcomeOfResponse(context, session, response),
    think: (length) => (timers.cancelled ? refuse(session) : thinkFor(context, session, length)),
    request: (asked) => (timers.cancelled ? refuse(session) : sendRequest(context, session, asked)),
    connect: (asked) => (timers.cancelled ? refuse(session) : connectSocket(context, session, asked)),
    // What was sent before is waited for, as a response is.
    receive: (socket, asked) =>
      timers.cancelled && !socket?.isOpen ? refuse(session) : receiveText(context, session, socket, asked),
  }
}

async function recordEntry(context: SessionContext, session: Session, entry: LedgerEntry): Promise<void> {
  try {
    requireEntry(entry)
    context.mistakes.succeeded('ledger')
  } catch (error) {
    await refuseCall(context, session, error, 'ledger')
  }
  await pass(session, context.clock, () => context.ledger.record(entry))
}

function outcomeOfResponse(
  { mistakes, statuses }: SessionContext,
  session: Session,
  response: Pick<StepResponse, 'status' | 'maybeExecuted' | 'reconnected'>,
): Outcome {
  try {
    requireResponse(response)
    return outcomeOf(response, statuses)
  } catch (error) {
    throw mistakes.note(error, 'outcomeOf', session.scenario)
  }
}

function thinkFor(context: SessionContext, session: Session, length: ThinkTime): Promise<void> {
  try {
    requireThinkTime(length)
    context.mistakes.succeeded('think')
  } catch (error) {
    session.steps++
    return refuseCall(context, session, error, 'think')
  }
  return think(session, context.clock, thinkMs(length, session.prepared.random), () => cutShort(session))
}

function thinkMs(time: ThinkTime, random: Random): number {
  return typeof time === 'number' ? time : random.integer(time[0], time[1])
}
