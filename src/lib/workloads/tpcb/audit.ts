import { formatCount } from '../../base/format.ts'
import type { Watch } from '../../base/progress.ts'
import type { LedgerEntries } from '../../ports/scenario.ts'
import type { AuditInput, Violation } from '../../ports/workload.ts'
import { auditKeys, runsIn } from '../shared/audit-keys.ts'
import { simpleMark } from './scenarios.ts'
import { askAll } from '../shared/sql-text.ts'

/** Balances of one kind, and what the history says that they are. */
interface Balances {
  readonly table: string
  readonly id: string
  readonly balance: string
  /** Rows of the history that it counts. */
  readonly condition: string
}

const ofWhole = `(filler is null or filler not like '%${simpleMark}%')`

const all: readonly Balances[] = [
  { table: 'pgbench_accounts', id: 'aid', balance: 'abalance', condition: '1 = 1' },
  { table: 'pgbench_tellers', id: 'tid', balance: 'tbalance', condition: ofWhole },
  { table: 'pgbench_branches', id: 'bid', balance: 'bbalance', condition: ofWhole },
]

/** Rows of one kind of balance that are told of each; their sums tell of the others. */
const mostRows = 20

/**
 * Checks that each balance is the sum of its history, in which simple updates count for accounts alone, and the acknowledged
 * transactions against the history.
 */
export async function* auditTpcb({ ledger, openDatabaseClient }: AuditInput, _watch: Watch): AsyncGenerator<Violation> {
  const client = await openDatabaseClient()
  const [balances, keys] = await askAll(client, async (ask) => [
    await wrongBalances(ask),
    await storedKeys(ask, ledger),
  ])
  yield* balances
  yield* auditKeys(ledger, keys, 'its row in pgbench_history')
}

type Ask = Parameters<Parameters<typeof askAll>[1]>[0]

async function wrongBalances(ask: Ask): Promise<readonly Violation[]> {
  const wrong: Violation[] = []
  for (const balances of all) wrong.push(...(await wrongIn(ask, balances)))
  return wrong
}

async function wrongIn(ask: Ask, { table, id, balance, condition }: Balances): Promise<Violation[]> {
  const [sums] = await ask(
    `select (select coalesce(sum(${balance}), 0) from ${table}) as held, (select coalesce(sum(delta), 0) from pgbench_history where ${condition}) as told`,
  )
  const held = Number(sums?.['held'])
  const told = Number(sums?.['told'])
  const rows = await ask(
    `select t.${id} as id, t.${balance} as held, coalesce(h.told, 0) as told from ${table} t left join (select ${id}, sum(delta) as told from pgbench_history where ${condition} group by ${id}) h on h.${id} = t.${id} where t.${balance} <> coalesce(h.told, 0) order by t.${id} limit ${mostRows}`,
  )
  const ofSums: Violation[] =
    held === told
      ? []
      : [
          {
            kind: 'inconsistent',
            key: table,
            detail: `the sum of ${balance} is ${formatCount(held)}, that of its history ${formatCount(told)}`,
          },
        ]
  return [
    ...ofSums,
    ...rows.map((row): Violation => ({
      kind: 'inconsistent',
      key: `${table} ${String(row['id'])}`,
      detail: `${balance} is ${formatCount(Number(row['held']))}, the sum of its history ${formatCount(Number(row['told']))}`,
    })),
  ]
}

async function storedKeys(ask: Ask, ledger: LedgerEntries): Promise<ReadonlyMap<string, number>> {
  const stored = new Map<string, number>()
  for (const run of await runsIn(ledger)) {
    const rows = await ask(
      'select filler, count(*) as times from pgbench_history where filler like ? group by filler',
      [`${run}-%`],
    )
    for (const { filler, times } of rows) stored.set(String(filler).trimEnd(), Number(times))
  }
  return stored
}
