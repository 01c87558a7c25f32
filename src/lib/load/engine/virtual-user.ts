import type { Random } from '../../base/random.ts'
import { receiveText, connectSocket } from '../clients/socket-steps.ts'
import { outcomeOf } from '../../ports/outcome.ts'
import { cutShort, refuse, refuseCall } from './refusals.ts'
import { sendRequest } from '../clients/request-step.ts'
import type { LedgerEntry, Outcome, StepResponse, ThinkTime, VirtualUser } from '../../ports/scenario.ts'
import { type Session, type SessionParts, pass, think } from './session.ts'
import { requireResponse, requireEntry, requireThinkTime } from '../scenarios/step-checks.ts'

/**
 * Creates the user of a scenario: everything it does is measured and charged to `session`; once that has stopped, calls are
 * refused. A run has thousands of users, so that each has no more functions of its own than a scenario may call.
 */
export function createUser(parts: SessionParts, session: Session): VirtualUser {
  const { id, random } = session.prepared
  const { timers } = session
  return {
    id,
    random,
    runId: parts.runId,
    ledger: { record: (entry) => recordEntry(parts, session, entry) },
    outcomeOf: (response) => outcomeOfResponse(parts, session, response),
    think: (length) => (timers.cancelled ? refuse(session) : thinkFor(parts, session, length)),
    request: (asked) => (timers.cancelled ? refuse(session) : sendRequest(parts, session, asked)),
    connect: (asked) => (timers.cancelled ? refuse(session) : connectSocket(parts, session, asked)),
    // What was sent before is waited for, as a response is.
    receive: (socket, asked) =>
      timers.cancelled && !socket?.isOpen ? refuse(session) : receiveText(parts, session, socket, asked),
  }
}

async function recordEntry(parts: SessionParts, session: Session, entry: LedgerEntry): Promise<void> {
  try {
    requireEntry(entry)
    parts.mistakes.succeeded('ledger')
  } catch (error) {
    await refuseCall(parts, session, error, 'ledger')
  }
  await pass(session, parts.clock, () => parts.ledger.record(entry))
}

function outcomeOfResponse(
  { mistakes, statuses }: SessionParts,
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

function thinkFor(parts: SessionParts, session: Session, length: ThinkTime): Promise<void> {
  try {
    requireThinkTime(length)
    parts.mistakes.succeeded('think')
  } catch (error) {
    session.steps++
    return refuseCall(parts, session, error, 'think')
  }
  return think(session, parts.clock, thinkMs(length, session.prepared.random), () => cutShort(session))
}

function thinkMs(time: ThinkTime, random: Random): number {
  return typeof time === 'number' ? time : random.integer(time[0], time[1])
}
