import type { Random } from '../../base/random.ts'
import type { IsolationLevel } from '../../ports/database-client.ts'
import type { TransactionUser } from '../../ports/database-user.ts'
import type { Scenario, VirtualUser } from '../../ports/scenario.ts'
import type { RecordedOperation, RecordedTransaction } from '../../ports/transaction-history.ts'
import { defineScenario } from '../../load/scenarios/define-scenario.ts'
import { entryOf } from './attempt-text.ts'
import { createKeys, isList, type Keys } from './keys.ts'
import { statementsFor, type IsolationStatements } from './statements.ts'

/** Settings of its users. */
export interface IsolationOptions {
  readonly isolation: IsolationLevel
  readonly activeKeys: number
  readonly operations: number
  readonly keySkew: number
}

/** Transactions that each generator writes down: some 100 MB. Those after them use keys of their own, and are not judged. */
const mostJudged = 200_000

/** All that the users of a generator share. */
interface Shared extends IsolationOptions {
  readonly runId: string
  readonly statements: IsolationStatements
}

/** Users read and write a few keys in each transaction, and write down what they did and saw. */
export function createScenarios(options: IsolationOptions, runId: string, engine = 'sqlite'): Scenario[] {
  const { isolation, activeKeys: count, operations, keySkew: skew } = options
  const shared = { isolation, activeKeys: count, operations, keySkew: skew, runId, statements: statementsFor(engine) }
  const judged = createKeys({ count, skew })
  const others = createKeys({ count, skew, prefix: 'x' })
  let begun = 0
  const run = async (user: VirtualUser, state: { attempts: number }): Promise<void> => {
    const isJudged = begun++ < mostJudged
    const attempts = await makeTransaction(user, state, shared, isJudged ? judged : others)
    if (!isJudged) return
    await Promise.all(
      attempts.map((transaction) => user.ledger.record(entryOf({ run: runId, asked: isolation, transaction }))),
    )
  }
  return [defineScenario({ name: 'transactions', database: true, prepare: () => ({ attempts: 0 }), run })]
}

/** An attempt while it is made. */
type OpenAttempt = Omit<RecordedTransaction, 'endedAt' | 'outcome' | 'operations'> & {
  readonly operations: RecordedOperation[]
}

/** Makes one transaction. Returns all attempts at it, of which the engine has kept the last at most. */
async function makeTransaction(
  user: VirtualUser,
  state: { attempts: number },
  shared: Shared,
  keys: Keys,
): Promise<RecordedTransaction[]> {
  const ended: RecordedTransaction[] = []
  // An attempt begins no later than this: what had ended before is there to be seen.
  let beganAt = nowUs()
  let open: OpenAttempt | null = null
  const end = (outcome: RecordedTransaction['outcome']): void => {
    const endedAt = nowUs()
    if (open) ended.push({ ...open, endedAt, outcome })
    open = null
    beganAt = endedAt
  }
  const { outcome } = await user.transaction(
    'transaction',
    async (transaction) => {
      end('aborted')
      const id = `${user.id}.${++state.attempts}`
      const attempt = { id, user: `user ${user.id}`, beganAt, operations: [] }
      open = attempt
      await doWork(user, transaction, { ...shared, keys, attempt })
    },
    { isolation: shared.isolation },
  )
  end(outcome === 'booked' ? 'committed' : outcome === 'unknown' ? 'unknown' : 'aborted')
  return ended
}

interface Work extends Shared {
  readonly keys: Keys
  readonly attempt: OpenAttempt
}

/**
 * Draws the reads and writes of a transaction, in any order but for the keys that are written, which are in that of their
 * names: two that waited for each other's locks would wait for the server to find that out.
 */
function drawPlan(random: Random, { keys, operations }: Work): readonly { key: string; isWrite: boolean }[] {
  const plan = Array.from({ length: operations }, () => ({
    key: keys.draw(random),
    isWrite: random.integer(0, 1) === 1,
  }))
  const written = plan.flatMap(({ key, isWrite }) => (isWrite ? [key] : [])).sort()
  return plan.map(({ key, isWrite }) => ({ key: isWrite ? (written.shift() ?? key) : key, isWrite }))
}

async function doWork({ random }: VirtualUser, transaction: TransactionUser, work: Work): Promise<void> {
  const { attempt } = work
  let writes = 0
  for (const { key, isWrite } of drawPlan(random, work)) {
    const value = `${attempt.id}${letterOf(writes)}`
    if (isWrite) writes++
    if (!isList(key)) {
      // A register is read before it is written, which tells the order of its values.
      await readRegister(transaction, work, key)
      if (isWrite) await write(transaction, work, key, value)
    } else if (isWrite) await write(transaction, work, key, value)
    else await readList(transaction, work, key)
  }
}

/** Sets the values of a transaction apart. */
function letterOf(writes: number): string {
  return (writes + 10).toString(36)
}

async function readList(transaction: TransactionUser, { statements, keys, attempt, runId }: Work, key: string) {
  const { rows } = await transaction.query({
    step: 'read list',
    sql: statements.readList,
    parameters: [`${runId}/${key}`],
  })
  const text = rows[0]?.['elements']
  const elements = typeof text === 'string' && text !== '' ? text.split(',') : []
  attempt.operations.push({ kind: 'read-list', key, elements })
  keys.seen(key, elements.length)
}

async function readRegister(transaction: TransactionUser, { statements, attempt, runId }: Work, key: string) {
  const { rows } = await transaction.query({
    step: 'read register',
    sql: statements.readRegister,
    parameters: [`${runId}/${key}`],
  })
  const value = rows[0]?.['value']
  attempt.operations.push({ kind: 'read', key, value: typeof value === 'string' ? value : null })
}

/** Writes, and says so before: without an answer it may have been done. */
async function write(
  transaction: TransactionUser,
  { statements, keys, attempt, runId }: Work,
  key: string,
  value: string,
): Promise<void> {
  const parameters = [`${runId}/${key}`, value]
  if (isList(key)) {
    attempt.operations.push({ kind: 'append', key, value })
    await transaction.query({ step: 'append', sql: statements.append, parameters })
    keys.appended(key)
  } else {
    attempt.operations.push({ kind: 'write', key, value })
    await transaction.query({ step: 'write register', sql: statements.write, parameters })
  }
}

/** The time of day, us: on one machine the same in all threads, and in all processes within a few ms. */
function nowUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000)
}
