import { StatementError } from '../../base/errors/statement-error.ts'
import type { DatabaseResult } from '../../ports/database-client.ts'
import type { StatementFailure, StatementResult, StepCommand, StepStatement } from '../../ports/database-user.ts'
import type { Outcome } from '../../ports/outcome.ts'
import type { DatabasePool, PooledConnection } from '../clients/database/database-pool.ts'
import { requireKnownStatementFields, requireStatement } from '../scenarios/statement-checks.ts'
import { foundNoConnection, refuseCall, useOf, waitForConnection } from './refusals.ts'
import { beginRequest, endRequest, endStep, type Session, type SessionContext } from './session.ts'

/** The row of waits for a connection, where all were taken. */
const waitStep = 'wait for a connection'

const nothing: DatabaseResult = { rows: [], affected: 0 }

/** Sends a statement that stands alone, records it, and resolves with its end. Rejects for what cannot be sent. */
export async function sendStatement(
  context: SessionContext,
  session: Session,
  pool: DatabasePool,
  statement: StepStatement | StepCommand,
): Promise<StatementResult> {
  const { clock, mistakes, recorder } = context
  session.underWay++
  try {
    if (session.notBefore > 0) await waitForConnection(context, session)
    checkStatement(context, statement)
    const { step } = statement
    const asked = clock.now()
    const { due, planned } = beginRequest(session, asked)
    let sent = asked
    let result = nothing
    let failure: StatementFailure | null = null
    let pooled: PooledConnection | null = null
    try {
      pooled = pool.takeIdle()
      if (!pooled) {
        pooled = await waitForIdle(context, pool)
        sent = clock.now()
      }
      pooled.busySince = sent
      result = await pooled.connection.run(statement)
    } catch (error) {
      failure = failureOf(error, pooled)
    }
    const ended = clock.now()
    endRequest(session, ended)
    if (pooled) pool.give(pooled)
    else foundNoConnection(session, ended)
    mistakes.succeeded(step)
    recorder.record({ step, due, planned, asked, sent, ended, bytes: 0, failure: failure && reasonOf(failure) })
    return { ...result, failure, outcome: failure ? outcomeOf(failure, pooled !== null) : 'booked' }
  } catch (error) {
    return await refuseCall(context, session, error, useOf(statement))
  } finally {
    endStep(session)
  }
}

/** Throws ScenarioMistake for what is no statement. Its fields stand in the scenario's text: to look once is enough. */
export function checkStatement({ mistakes }: SessionContext, statement: StepStatement | StepCommand): void {
  requireStatement(statement)
  if (mistakes.isNew(statement.step)) requireKnownStatementFields(statement)
}

/** Waits for a connection, which is a row of its own. Rejects as the pool does. */
export async function waitForIdle({ clock, recorder }: SessionContext, pool: DatabasePool): Promise<PooledConnection> {
  const asked = clock.now()
  const pooled = await pool.take()
  const ended = clock.now()
  if (ended > asked) recorder.recordPart({ step: waitStep, due: asked, sent: asked, ended, failed: false })
  return pooled
}

/** Sends a request that is a part of a transaction, and records it. Rejects with `StatementError`. */
export async function runPart(
  { clock, recorder }: SessionContext,
  session: Session,
  pooled: PooledConnection,
  step: string,
  work: (connection: PooledConnection['connection']) => Promise<DatabaseResult | void>,
): Promise<DatabaseResult> {
  const { due, sent } = beginRequest(session, clock.now())
  pooled.busySince = sent
  let failed = true
  try {
    const result = await work(pooled.connection)
    failed = false
    return result ?? nothing
  } finally {
    const ended = clock.now()
    pooled.busySince = Infinity
    endRequest(session, ended)
    recorder.recordPart({ step, due, sent, ended, failed })
  }
}

/** Why something came to nothing. Throws what is no failure of the database. */
export function failureOf(error: unknown, pooled: PooledConnection | null): StatementFailure {
  if (error === null)
    return { kind: 'exhausted', code: 'no free connection', message: 'no connection came free in time' }
  if (!(error instanceof StatementError)) throw error
  const { kind, code, message } = error
  return pooled?.timedOut
    ? { kind: 'timeout', code: 'no answer', message: 'no answer in time' }
    : { kind, code, message }
}

const prefixes: Partial<Record<StatementFailure['kind'], string>> = {
  lost: 'connection lost',
  full: 'server full',
  timeout: 'timeout',
  exhausted: 'pool exhausted',
}

/** A failure as it is counted. */
export function reasonOf({ kind, code }: StatementFailure): string {
  const prefix = prefixes[kind]
  return prefix === undefined ? code : `${prefix}: ${code}`
}

/** The outcome of a statement, or a commit, that failed in such a way. */
export function outcomeOf({ kind }: StatementFailure, wasSent: boolean): Outcome {
  return wasSent && (kind === 'lost' || kind === 'timeout') ? 'unknown' : 'failed'
}
