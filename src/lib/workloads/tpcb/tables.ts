import { fillPart, type TableFilling } from '../../seeding/filling/filling.ts'
import { blanks, constant, sequence } from '../../seeding/filling/generators.ts'
import { char, defineTable, int4, nullable, time } from '../shared/tables.ts'

/** Rows for each unit of the scale, as pgbench has them. */
export const perScale = { branches: 1, tellers: 10, accounts: 100_000 } as const

const accountFiller = 84

export const branches = defineTable({
  name: 'pgbench_branches',
  columns: { bid: int4, bbalance: nullable(int4), filler: nullable(char(88)) },
  primaryKey: 'bid',
})

export const tellers = defineTable({
  name: 'pgbench_tellers',
  columns: { tid: int4, bid: nullable(int4), tbalance: nullable(int4), filler: nullable(char(accountFiller)) },
  primaryKey: 'tid',
})

export const accounts = defineTable({
  name: 'pgbench_accounts',
  columns: { aid: int4, bid: nullable(int4), abalance: nullable(int4), filler: nullable(char(accountFiller)) },
  primaryKey: 'aid',
})

/** Every transaction, without a key, as in pgbench, which leaves `filler` null: ours name the transaction in it. */
export const history = defineTable({
  name: 'pgbench_history',
  columns: {
    tid: nullable(int4),
    bid: nullable(int4),
    aid: nullable(int4),
    delta: nullable(int4),
    mtime: nullable(time),
    filler: nullable(char(22)),
  },
  primaryKey: 'tid',
  keyColumns: [],
})

/** pgbench's tables. */
export const tables = [branches, tellers, accounts, history] as const

/** The tables with their rows: every balance is 0, and the history is empty. */
export function tpcbFilling(scale: number): readonly TableFilling[] {
  const zero = constant('0')
  const amount = { scale }
  const counts = {
    branches: scale * perScale.branches,
    tellers: scale * perScale.tellers,
    accounts: scale * perScale.accounts,
  }
  const bid = (each: number) => sequence({ last: scale, each })
  return [
    { table: branches, amount, parts: [fillPart(branches, counts.branches, { bid: bid(1), bbalance: zero })] },
    {
      table: tellers,
      amount,
      parts: [
        fillPart(tellers, counts.tellers, {
          tid: sequence({ last: counts.tellers }),
          bid: bid(perScale.tellers),
          tbalance: zero,
        }),
      ],
    },
    {
      table: accounts,
      amount,
      parts: [
        fillPart(accounts, counts.accounts, {
          aid: sequence({ last: counts.accounts }),
          bid: bid(perScale.accounts),
          abalance: zero,
          filler: blanks(accountFiller),
        }),
      ],
    },
    { table: history, amount, parts: [] },
  ]
}
