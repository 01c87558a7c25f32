import { describe, expect, it } from 'vitest'
import { judgeHistory } from '../../../../src/lib/audit/isolation/judge.ts'
import type { IsolationLevel } from '../../../../src/lib/ports/database-client.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import type { LedgerEntry } from '../../../../src/lib/ports/scenario.ts'
import { readHistory } from '../../../../src/lib/workloads/isolation/history.ts'
import { entryOf } from '../../../../src/lib/workloads/isolation/attempt-text.ts'
import { transaction } from '../../../support/isolation/histories.ts'

const watch = { onProgress() {}, signal: new AbortController().signal }

/** A database in which these rows are stored. */
function storing(rows: Readonly<Record<string, string>>): Database {
  const find = async ({ name }: { readonly name: string }, { id }: { id: { in: readonly string[] } }) =>
    id.in
      .filter((key) => key in rows && (name === 'isolation_lists') === key.includes('/l'))
      .map((key) => ({ id: key, elements: rows[key], value: rows[key] }))
  return { store: { find } } as never
}

function ledgerOf(...entries: readonly LedgerEntry[]) {
  return {
    count: entries.length,
    async *read() {
      yield* entries
    },
  }
}

const entry = (run: string, asked: IsolationLevel, id: number, ...operations: readonly string[]): LedgerEntry =>
  entryOf({ run, asked, transaction: transaction(id, operations) })

describe('readHistory', () => {
  it('ends with everything that is stored, as one transaction after all others', async () => {
    const ledger = ledgerOf(entry('a', 'serializable', 1, 'append l0.0 1', 'read r2.0', 'append l1.0 1'))
    const database = storing({ 'a/l0.0': '1,2', 'a/r2.0': '7', 'other/l0.0': '9' })
    const { transactions, asked } = await readHistory({ ledger, database }, watch)
    expect(asked).toBe('serializable')
    expect(transactions).toHaveLength(2)
    expect(transactions[1]).toMatchObject({ user: 'audit', outcome: 'committed', isLast: true })
    expect(transactions[1]?.operations).toEqual([
      { kind: 'read-list', key: 'l0.0', elements: ['1', '2'] },
      { kind: 'read', key: 'r2.0', value: '7' },
      { kind: 'read-list', key: 'l1.0', elements: [] },
    ])
  })

  it('keeps runs apart, and holds them to the weakest level that one asked for', async () => {
    const ledger = ledgerOf(
      entry('a', 'serializable', 1, 'append l0.0 1'),
      entry('b', 'read-committed', 1, 'append l0.0 1'),
    )
    const { transactions, asked } = await readHistory({ ledger, database: storing({ 'b/l0.0': '1' }) }, watch)
    expect(asked).toBe('read-committed')
    expect(transactions.map(({ id }) => id)).toEqual(['1', 'b/1', 'audit'])
    expect(transactions[2]?.operations).toEqual([
      { kind: 'read-list', key: 'l0.0', elements: [] },
      { kind: 'read-list', key: 'b/l0.0', elements: ['1'] },
    ])
  })

  it('takes what its users could not write down any more for commits without an answer, and nothing else', async () => {
    const killed = ledgerOf(
      { ...entry('a', 'serializable', 1, 'append l0.0 1'), key: 'a/3.4' },
      entryOf({
        run: 'a',
        asked: 'serializable',
        transaction: {
          ...transaction(1, []),
          id: '5.1',
          operations: [
            { kind: 'read-list', key: 'l0.0', elements: ['1', '3.5a', '3.5b', '3.4c', 'x'] },
            { kind: 'read', key: 'r2.0', value: '9.1a' },
          ],
        },
      }),
    )
    const { transactions } = await readHistory({ ledger: killed, database: storing({ 'a/l0.0': '1' }) }, watch)
    expect(transactions.slice(3)).toMatchObject([
      {
        id: '3.5',
        user: 'user 3',
        outcome: 'unknown',
        operations: [
          { kind: 'append', key: 'l0.0', value: '3.5a' },
          { kind: 'append', key: 'l0.0', value: '3.5b' },
        ],
      },
      { id: '9.1', outcome: 'unknown', operations: [{ kind: 'write', key: 'r2.0', value: '9.1a' }] },
    ])
    const { anomalies } = judgeHistory({ transactions })
    expect(anomalies.find(({ kind }) => kind === 'unwritten-value')?.count).toBe(2)
  })

  it('reads nothing where nothing was done, and refuses what no user wrote', async () => {
    expect((await readHistory({ ledger: ledgerOf(), database: storing({}) }, watch)).transactions).toEqual([])
    const foreign = ledgerOf({ key: 'ADA', resource: 7, outcome: 'booked' })
    await expect(readHistory({ ledger: foreign, database: storing({}) }, watch)).rejects.toThrow(
      'The ledger has an entry that the workload isolation did not write: ADA.',
    )
  })
})
