import { defineScenario } from '../../load/scenarios/define-scenario.ts'
import type { Scenario, VirtualUser } from '../../ports/scenario.ts'
import { sqlFor } from '../shared/sql-text.ts'
import { perScale } from './tables.ts'

/** Settings that users of the workload ask for. */
export interface TpcbOptions {
  readonly scale: number
}

/** The largest change of a balance, as in pgbench. */
const mostDelta = 5000

/**
 * pgbench's built-in transactions (https://www.postgresql.org/docs/current/pgbench.html, "What is the Transaction Actually
 * Performed?"), with the key of each in `filler`, which pgbench leaves null.
 */
const texts = {
  updateAccount: 'UPDATE pgbench_accounts SET abalance = abalance + ? WHERE aid = ?',
  selectAccount: 'SELECT abalance FROM pgbench_accounts WHERE aid = ?',
  updateTeller: 'UPDATE pgbench_tellers SET tbalance = tbalance + ? WHERE tid = ?',
  updateBranch: 'UPDATE pgbench_branches SET bbalance = bbalance + ? WHERE bid = ?',
  insertHistory:
    'INSERT INTO pgbench_history (tid, bid, aid, delta, mtime, filler) VALUES (?, ?, ?, ?, CURRENT_TIMESTAMP, ?)',
} as const

/** Users of pgbench's TPC-B-like, simple-update and select-only transactions. */
export function createScenarios({ scale }: TpcbOptions, runId: string, engine?: string): readonly Scenario[] {
  const sql = Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, sqlFor(engine, text)]),
  ) as typeof texts
  const transact = createTransaction(sql, scale, runId)
  return [
    defineScenario({ name: 'tpcb', prepare: () => ({ count: 0 }), run: (user, state) => transact(user, state, true) }),
    defineScenario({
      name: 'simple-update',
      prepare: () => ({ count: 0 }),
      run: (user, state) => transact(user, state, false),
    }),
    defineScenario({
      name: 'select-only',
      run(user) {
        const aid = user.random.integer(1, scale * perScale.accounts)
        return user.query({ step: 'select account', sql: sql.selectAccount, parameters: [aid] })
      },
    }),
  ]
}

/** In keys of simple updates, which leave tellers and branches alone. */
export const simpleMark = '.'

/** Counts the transactions of a user, of which each has a key. */
interface TransactionCount {
  count: number
}

function createTransaction(sql: typeof texts, scale: number, runId: string) {
  return async ({ random, id, transaction, ledger }: VirtualUser, state: TransactionCount, isWhole: boolean) => {
    const aid = random.integer(1, scale * perScale.accounts)
    const bid = random.integer(1, scale * perScale.branches)
    const tid = random.integer(1, scale * perScale.tellers)
    const delta = random.integer(-mostDelta, mostDelta)
    const mark = isWhole ? '-' : simpleMark
    const key = `${runId}-${id.toString(36)}${mark}${(state.count++).toString(36)}`
    const { outcome } = await transaction(isWhole ? 'tpcb' : 'simple-update', async ({ query }) => {
      await query({ step: 'update account', sql: sql.updateAccount, parameters: [delta, aid] })
      await query({ step: 'select account', sql: sql.selectAccount, parameters: [aid] })
      if (isWhole) {
        await query({ step: 'update teller', sql: sql.updateTeller, parameters: [delta, tid] })
        await query({ step: 'update branch', sql: sql.updateBranch, parameters: [delta, bid] })
      }
      await query({ step: 'insert history', sql: sql.insertHistory, parameters: [tid, bid, aid, delta, key] })
    })
    await ledger.record({ key, resource: aid, outcome })
  }
}
