import { pauseMs } from '../../adapters/databases/retry.ts'
import type {
  StatementFailure,
  StepTransactionOptions,
  TransactionResult,
  TransactionUser,
} from '../../ports/database-user.ts'
import type { DatabasePool, PooledConnection } from '../clients/database/database-pool.ts'
import { ScenarioMistake } from '../scenarios/mistakes.ts'
import { requireTransaction } from '../scenarios/statement-checks.ts'
import { checkStatement, failureOf, outcomeOf, reasonOf, runPart, waitForIdle } from './database-steps.ts'
import { foundNoConnection, refuseCall, waitForConnection } from './refusals.ts'
import { beginRequest, endRequest, endStep, pass, type Session, type SessionContext } from './session.ts'

/** Attempts of a transaction, unless a scenario says how many. */
const defaultAttempts = 10

/** Thrown by a scenario's own rollback. */
const rolledBack = new Error('the transaction was rolled back on purpose')

/** A transaction as a scenario asks for it. */
interface Task<Value> {
  readonly step: string
  readonly work: (transaction: TransactionUser) => Promise<Value>
  readonly options: StepTransactionOptions
}

type Result<Value> = TransactionResult<Value>

/**
 * Makes a transaction, again where the engine asks for it, and records it as a whole; never after a commit whose answer was
 * lost, which may be stored. One that is under way when the user is to stop is made to its end. Rejects with what `work`
 * throws of its own, and for what cannot be sent.
 */
export async function runTransaction<Value>(
  context: SessionContext,
  session: Session,
  pool: DatabasePool,
  task: Task<Value>,
): Promise<Result<Value>> {
  const { clock, mistakes, recorder } = context
  const { step } = task
  session.underWay++
  try {
    if (session.notBefore > 0) await waitForConnection(context, session)
    requireTransaction(task.step, task.work, task.options)
    const asked = clock.now()
    const { due, planned } = beginRequest(session, asked)
    const taken = await tryToTake(context, pool)
    const sent = clock.now()
    endRequest(session, sent)
    const result =
      'busySince' in taken
        ? // Also when it is given up by what the work throws: others wait for the connection.
          await attemptOn(context, session, taken, task).finally(() => pool.give(taken))
        : failed<Value>(taken, { outcome: 'failed', attempts: 0 })
    if (!('busySince' in taken)) foundNoConnection(session, sent)
    mistakes.succeeded(step)
    const failure = result.failure && reasonOf(result.failure)
    recorder.record({ step, due, planned, asked, sent, ended: clock.now(), bytes: 0, failure })
    return result
  } catch (error) {
    return await refuseCall(context, session, error, step)
  } finally {
    endStep(session)
  }
}

async function tryToTake(context: SessionContext, pool: DatabasePool): Promise<PooledConnection | StatementFailure> {
  try {
    return pool.takeIdle() ?? (await waitForIdle(context, pool))
  } catch (error) {
    return failureOf(error, null)
  }
}

/** Attempts a transaction until it is done, on one connection, which is as it was before. */
async function attemptOn<Value>(
  context: SessionContext,
  session: Session,
  pooled: PooledConnection,
  task: Task<Value>,
): Promise<Result<Value>> {
  const { attempts: most = defaultAttempts } = task.options
  for (let attempts = 1; ; attempts++) {
    const result = await attempt(context, session, pooled, { ...task, attempts })
    const { failure } = result
    const isOver = attempts >= most || !pooled.connection.isUsable
    if (failure?.kind !== 'conflict' || isOver) return result
    context.recorder.recordRetry(failure.code)
    const pause = session.prepared.random.float() * pauseMs(attempts)
    await pass(session, context.clock, () => session.timers.sleep(pause))
  }
}

async function attempt<Value>(
  context: SessionContext,
  session: Session,
  pooled: PooledConnection,
  { work, options, attempts }: Task<Value> & { readonly attempts: number },
): Promise<Result<Value>> {
  const run = runPart.bind(null, context, session, pooled)
  const { user, end } = createTransactionUser(context, run, attempts)
  let begun = false
  let commits = false
  try {
    await run('begin', (connection) => connection.begin(options))
    begun = true
    const value = await work(user)
    end()
    commits = true
    await run('commit', (connection) => connection.commit())
    return { value, outcome: 'booked', failure: null, attempts }
  } catch (error) {
    end()
    const isOnPurpose = error === rolledBack
    if (begun) await rollBack(pooled, run)
    if (isOnPurpose) return { value: undefined, outcome: 'conflict', failure: null, attempts }
    const failure = failureOf(error, pooled)
    return failed(failure, { outcome: outcomeOf(failure, commits), attempts })
  }
}

function failed<Value>(failure: StatementFailure, facts: Pick<Result<Value>, 'outcome' | 'attempts'>): Result<Value> {
  return { value: undefined, failure, ...facts }
}

type RunPart = (step: string, work: Parameters<typeof runPart>[4]) => ReturnType<typeof runPart>

/** A connection that cannot roll back is not used again: what it has begun may be under way. */
async function rollBack(pooled: PooledConnection, run: RunPart): Promise<void> {
  if (!pooled.connection.isUsable) return
  await run('rollback', (connection) => connection.rollback()).catch(() => pooled.connection.close())
}

/** The statements of one attempt, which are refused once it has ended. */
function createTransactionUser(
  context: SessionContext,
  run: RunPart,
  attempts: number,
): { readonly user: TransactionUser; readonly end: () => void } {
  let state: 'open' | 'busy' | 'ended' = 'open'
  const send: TransactionUser['query'] & TransactionUser['command'] = async (statement) => {
    if (state === 'busy') throw new ScenarioMistake('a transaction does one statement at a time: await each of them')
    if (state === 'ended') throw new ScenarioMistake('the transaction has ended: await each of its statements')
    checkStatement(context, statement)
    state = 'busy'
    try {
      const result = await run(statement.step, (connection) => connection.run(statement))
      context.mistakes.succeeded(statement.step)
      return result
    } finally {
      if (state === 'busy') state = 'open'
    }
  }
  const user: TransactionUser = {
    attempt: attempts,
    query: send,
    command: send,
    rollback: () => Promise.reject(rolledBack),
  }
  return { user, end: () => void (state = 'ended') }
}
