import { failure } from '../../base/errors/errors.ts'
import { plain } from '../../base/format.ts'
import type { Watch } from '../../base/progress.ts'
import { isolationLevels, type IsolationLevel } from '../../ports/database-client.ts'
import type { Database } from '../../ports/database.ts'
import type { RecordedOperation, RecordedTransaction, TransactionHistory } from '../../ports/transaction-history.ts'
import type { AuditInput } from '../../ports/workload.ts'
import { attemptOf, type Intern } from './attempt-text.ts'
import { isList } from './keys.ts'
import { lists, registers } from './tables.ts'
import { unrecordedAmong } from './unrecorded.ts'

/** Reads and writes that are judged: about 1.2 GB of memory. */
const mostOperations = 2_000_000

/** How far the clocks of several processes may be apart, us. */
const clockErrorUs = 10_000

/** Keys that are read at once. */
const keysAtOnce = 500

/** Reads what the transactions of ledgers did, and then, as the last of all, everything that is stored. */
export async function readHistory(
  { ledger, database }: Pick<AuditInput, 'ledger' | 'database'>,
  { signal }: Watch,
): Promise<TransactionHistory> {
  const transactions: RecordedTransaction[] = []
  const levels = new Set<IsolationLevel>()
  const runs = new Set<string>()
  /** Ids of rows, by the names of keys: with the run in it where there are several. */
  const ids = new Map<string, string>()
  const intern = createIntern()
  let operations = 0
  let isPartial = false
  for await (const entry of ledger.read()) {
    const attempt = attemptOf(entry, intern)
    if (!attempt) throw failure('usage-wrong', { reason: noAttempt(entry.key) })
    if (transactions.length % keysAtOnce === 0) signal.throwIfAborted()
    operations += attempt.transaction.operations.length
    isPartial = operations > mostOperations
    if (isPartial) break
    runs.add(attempt.run)
    levels.add(attempt.asked)
    const [first = attempt.run] = runs
    const prefix = attempt.run === first ? '' : `${attempt.run}/`
    const renamed = attempt.transaction.operations.map((operation) => {
      const key = `${prefix}${operation.key}`
      if (!ids.has(key)) ids.set(key, `${attempt.run}/${operation.key}`)
      return prefix === '' ? operation : { ...operation, key }
    })
    transactions.push({ ...attempt.transaction, id: `${prefix}${attempt.transaction.id}`, operations: renamed })
  }
  transactions.push(...(await readLast(database, ids, signal)))
  // Of several runs the weakest: what it forbids, all of them do.
  const asked = isolationLevels.find((level) => levels.has(level))
  return {
    // Of a history that is not whole any may be missing.
    transactions: isPartial ? transactions : [...transactions, ...unrecordedAmong(transactions)],
    clockErrorUs,
    ...(asked === undefined ? {} : { asked }),
    ...(isPartial ? { isPartial } : {}),
  }
}

function createIntern(): Intern {
  const texts = new Map<string, string>()
  return (text) => {
    const known = texts.get(text)
    if (known !== undefined) return known
    texts.set(text, text)
    return text
  }
}

function noAttempt(key: string): string {
  return `The ledger has an entry that the workload isolation did not write: ${plain(key).slice(0, 100)}.`
}

/** Reads every key as it is now, as one transaction after all others. */
async function readLast(
  { store }: Database,
  ids: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<RecordedTransaction[]> {
  if (ids.size === 0) return []
  const operations: RecordedOperation[] = []
  const keys = [...ids]
  for (let at = 0; at < keys.length; at += keysAtOnce) {
    signal.throwIfAborted()
    const some = keys.slice(at, at + keysAtOnce)
    const where = { id: { in: some.map(([, id]) => id) } }
    const [listRows, registerRows] = [await store.find(lists, where), await store.find(registers, where)]
    const elementsOf = new Map(listRows.map(({ id, elements }) => [id, elements]))
    const valueOf = new Map(registerRows.map(({ id, value }) => [id, value]))
    for (const [key, id] of some) {
      const elements = elementsOf.get(id) ?? ''
      if (isList(id.slice(id.lastIndexOf('/') + 1))) {
        operations.push({ kind: 'read-list', key, elements: elements === '' ? [] : elements.split(',') })
      } else operations.push({ kind: 'read', key, value: valueOf.get(id) ?? null })
    }
  }
  const now = Date.now() * 1000
  const times = { beganAt: now, endedAt: now }
  return [{ id: 'audit', user: 'audit', outcome: 'committed', operations, ...times, isLast: true }]
}
