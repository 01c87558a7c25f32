import type { Random } from '../../base/random.ts'
import { receiveText, connectSocket } from './socket-steps.ts'
import { outcomeOf } from '../../ports/outcome.ts'
import { cutShort, refuse, refuseCall } from './refusals.ts'
import type { DatabaseUser } from '../../ports/database-user.ts'
import type { DatabasePool } from '../clients/database/database-pool.ts'
import { ScenarioMistake } from '../scenarios/mistakes.ts'
import { sendStatement } from './database-steps.ts'
import { sendRequest } from './request-step.ts'
import type { LedgerEntry, Outcome, StepResponse, ThinkTime, VirtualUser } from '../../ports/scenario.ts'
import { runTransaction } from './transaction-step.ts'
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
    ...(context.database ? createDatabaseUser(context, session, context.database) : withoutDatabase),
    connect: (asked) => (timers.cancelled ? refuse(session) : connectSocket(context, session, asked)),
    // What was sent before is waited for, as a response is.
    receive: (socket, asked) =>
      timers.cancelled && !socket?.isOpen ? refuse(session) : receiveText(context, session, socket, asked),
  }
}

function createDatabaseUser(context: SessionContext, session: Session, pool: DatabasePool): DatabaseUser {
  const { timers } = session
  const send: DatabaseUser['query'] & DatabaseUser['command'] = (statement) =>
    timers.cancelled ? refuse(session) : sendStatement(context, session, pool, statement)
  return {
    query: send,
    command: send,
    transaction: (step, work, options = {}) =>
      timers.cancelled ? refuse(session) : runTransaction(context, session, pool, { step, work, options }),
  }
}

const noDatabase = (): Promise<never> =>
  Promise.reject(
    new ScenarioMistake(
      'this load has no database: say "database: true" in the scenario, and name the database with --db',
    ),
  )

const withoutDatabase: DatabaseUser = { query: noDatabase, command: noDatabase, transaction: noDatabase }

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
