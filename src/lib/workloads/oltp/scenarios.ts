import { StatementError } from '../../base/errors/statement-error.ts'
import type { Random } from '../../base/random.ts'
import { defineScenario } from '../../load/scenarios/define-scenario.ts'
import type { StepStatement } from '../../ports/database-user.ts'
import type { Scenario, VirtualUser } from '../../ports/scenario.ts'
import { createDraw, type DistributionName } from '../shared/distributions.ts'
import { randomC, randomPad, sbtestStatements, type SbtestStatements } from './statements.ts'
import type { SbtestSize } from './tables.ts'

/** Settings that users of the workload ask for. */
export interface OltpOptions extends SbtestSize {
  readonly distribution: DistributionName
  readonly rangeSize: number
  readonly transactions: 'on' | 'off'
}

/** Point selects in a transaction of sysbench's. */
const pointSelects = 10

/** The transactions of sysbench's eight tests. */
export function createScenarios(options: OltpOptions, runId: string, engine?: string): readonly Scenario[] {
  const { tables, tableRows, distribution, rangeSize, transactions } = options
  const all = Array.from({ length: tables }, (_, index) => sbtestStatements(index + 1, engine))
  const common = { rangeSize, transactions, all, draw: createDraw(distribution, tableRows), runId }
  // Scenarios count for themselves, so that each needs a letter of its own.
  const scenario = (name: string, run: (user: OltpUser) => Promise<unknown>, index: number): Scenario =>
    defineScenario<UserState>({
      name,
      prepare: () => ({ letter: String.fromCharCode(97 + index), stored: 0 }),
      run: (user, state) => run({ ...common, user, state }),
    })
  return [
    scenario('read-write', (user) => transact(user, 'read-write', [readAll, writeAll]), 0),
    scenario('read-only', (user) => transact(user, 'read-only', [readAll]), 4),
    scenario('write-only', (user) => transact(user, 'write-only', [writeAll]), 1),
    scenario('point-select', (user) => user.user.query(pointSelect(user)), 5),
    scenario('update-index', (user) => user.user.query(updateIndex(user)), 6),
    scenario('update-non-index', (user) => user.user.query(updateNonIndex(user)), 7),
    scenario('insert', insertOne, 2),
    scenario('delete', removeOne, 3),
  ]
}

/** Rows that a user has stored: the key of each is counted. */
interface UserState {
  readonly letter: string
  stored: number
}

/** A user in one iteration. */
interface OltpUser extends Pick<OltpOptions, 'rangeSize' | 'transactions'> {
  readonly all: readonly SbtestStatements[]
  readonly draw: (random: Random) => number
  readonly runId: string
  readonly user: VirtualUser
  readonly state: UserState
}

type Query = (statement: StepStatement) => Promise<unknown>
/** Statements of a transaction; a row that they store anew has the key given. */
type Work = (user: OltpUser, query: Query, key: string, ids: WrittenRow) => Promise<void>

/** The row that a transaction removes and stores again. */
interface WrittenRow {
  readonly table: number
  readonly id: number
}

/** In one transaction, or each statement for itself. */
async function transact(oltp: OltpUser, step: string, works: readonly Work[]): Promise<void> {
  const { user, transactions, draw } = oltp
  const key = nextKey(oltp)
  const written = { table: tableNumber(oltp), id: draw(user.random) }
  const run = async (query: Query): Promise<void> => {
    for (const work of works) await work(oltp, query, key, written)
  }
  if (transactions === 'off') return run(user.query)
  const { outcome } = await user.transaction(step, ({ query }) => run(query))
  if (works.includes(writeAll)) await user.ledger.record({ key, resource: `${written.table}/${written.id}`, outcome })
}

const readAll: Work = async (oltp, query) => {
  for (let times = 0; times < pointSelects; times++) await query(pointSelect(oltp))
  await query(range(oltp, 'simple range', 'simpleRange'))
  await query(range(oltp, 'sum range', 'sumRange'))
  await query(range(oltp, 'order range', 'orderRange'))
  await query(range(oltp, 'distinct range', 'distinctRange'))
}

const writeAll: Work = async (oltp, query, key, { table, id }) => {
  const { random } = oltp.user
  const statements = oltp.all[table - 1] as SbtestStatements
  await query(updateIndex(oltp))
  await query(updateNonIndex(oltp))
  await query({ step: 'delete', sql: statements.remove, parameters: [id] })
  const row = [id, oltp.draw(random), randomC(random), randomPad(random, key)]
  try {
    await query({ step: 'insert', sql: statements.insertAgain, parameters: row })
  } catch (error) {
    throw isTaken(error) ? new StatementError('conflict', error.code, error.message, error) : error
  }
}

/** Codes of a key that is there already, by engine. */
const takenCodes = ['23505', '1062', '1555']

/**
 * Another transaction has stored the row anew between this one's delete and its insert, as READ COMMITTED lets it: then
 * sysbench, too, begins again.
 */
function isTaken(error: unknown): error is StatementError {
  return error instanceof StatementError && takenCodes.some((code) => error.code.startsWith(code))
}

async function insertOne(oltp: OltpUser): Promise<void> {
  const { user } = oltp
  const key = nextKey(oltp)
  const table = tableNumber(oltp)
  const { insert } = oltp.all[table - 1] as SbtestStatements
  const row = [oltp.draw(user.random), randomC(user.random), randomPad(user.random, key)]
  const { outcome } = await user.query({ step: 'insert', sql: insert, parameters: row })
  await user.ledger.record({ key, resource: table, outcome })
}

/** Stands before the place of a row that a user has removed. */
export const removed = 'removed '

async function removeOne(oltp: OltpUser): Promise<void> {
  const { user } = oltp
  const table = tableNumber(oltp)
  const id = oltp.draw(user.random)
  const { remove } = oltp.all[table - 1] as SbtestStatements
  const { outcome } = await user.query({ step: 'delete', sql: remove, parameters: [id] })
  await user.ledger.record({ key: nextKey(oltp), resource: `${removed}${table}/${id}`, outcome })
}

function pointSelect(oltp: OltpUser): StepStatement {
  const { random } = oltp.user
  return { step: 'point select', sql: statementsOf(oltp).pointSelect, parameters: [oltp.draw(random)] }
}

function range(
  oltp: OltpUser,
  step: string,
  name: 'simpleRange' | 'sumRange' | 'orderRange' | 'distinctRange',
): StepStatement {
  const from = oltp.draw(oltp.user.random)
  return { step, sql: statementsOf(oltp)[name], parameters: [from, from + oltp.rangeSize - 1] }
}

function updateIndex(oltp: OltpUser): StepStatement {
  return { step: 'update index', sql: statementsOf(oltp).updateIndex, parameters: [oltp.draw(oltp.user.random)] }
}

function updateNonIndex(oltp: OltpUser): StepStatement {
  const { random } = oltp.user
  const parameters = [randomC(random), oltp.draw(random)]
  return { step: 'update non-index', sql: statementsOf(oltp).updateNonIndex, parameters }
}

function statementsOf(oltp: OltpUser): SbtestStatements {
  return oltp.all[tableNumber(oltp) - 1] as SbtestStatements
}

function tableNumber({ user, all }: OltpUser): number {
  return all.length === 1 ? 1 : user.random.integer(1, all.length)
}

function nextKey({ runId, user, state }: OltpUser): string {
  return `${runId}-${user.id.toString(36)}-${state.letter}${(state.stored++).toString(36)}`
}
