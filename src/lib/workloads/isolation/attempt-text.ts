import { isolationLevels, type IsolationLevel } from '../../ports/database-client.ts'
import type { LedgerEntry, Outcome } from '../../ports/scenario.ts'
import type { RecordedOperation, RecordedTransaction } from '../../ports/transaction-history.ts'

/** One attempt at a transaction, as the ledger keeps it. */
export interface JudgedAttempt {
  readonly run: string
  readonly asked: IsolationLevel
  readonly transaction: RecordedTransaction
}

const outcomes: Readonly<Record<RecordedTransaction['outcome'], Outcome>> = {
  committed: 'booked',
  aborted: 'failed',
  unknown: 'unknown',
}

const letters = { append: 'a', 'read-list': 'l', write: 'w', read: 'r' } as const

/**
 * Writes an attempt as a ledger's entry: its name is the key, and all that it did the resource,
 * `serializable|17|42|l l0.0 1.1a,2.1a;a l0.0 3.1a`. Nothing in it needs an escape in JSON.
 */
export function entryOf({ run, asked, transaction }: JudgedAttempt): LedgerEntry {
  const { id, beganAt, endedAt, outcome, operations } = transaction
  const resource = [asked, beganAt, endedAt, operations.map(textOf).join(';')].join('|')
  return { key: `${run}/${id}`, resource, outcome: outcomes[outcome] }
}

function textOf(operation: RecordedOperation): string {
  const start = `${letters[operation.kind]} ${operation.key}`
  if (operation.kind === 'read-list') return `${start} ${operation.elements.join(',')}`
  return `${start} ${operation.value ?? ''}`
}

/** Gives equal texts as one, so that those that come often take no memory each time. */
export type Intern = (text: string) => string

/** Reads an entry; null for one that is no attempt. */
export function attemptOf(
  { key, resource, outcome }: LedgerEntry,
  intern: Intern = (text) => text,
): JudgedAttempt | null {
  const [level = '', began = '', ended = '', text = ''] = String(resource).split('|')
  const slash = key.lastIndexOf('/')
  const asked = isolationLevels.find((known) => known === level)
  const [beganAt, endedAt] = [Number(began), Number(ended)]
  const operations = text === '' ? [] : text.split(';').map((part) => operationOf(part, intern))
  if (asked === undefined || slash < 1 || !Number.isFinite(beganAt + endedAt) || operations.includes(null)) return null
  const id = key.slice(slash + 1)
  const known = outcome === 'booked' ? 'committed' : outcome === 'unknown' ? 'unknown' : 'aborted'
  const done = operations.filter((operation) => operation !== null)
  const user = `user ${id.split('.')[0]}`
  return {
    run: key.slice(0, slash),
    asked,
    transaction: { id, user, beganAt, endedAt, outcome: known, operations: done },
  }
}

function operationOf(text: string, intern: Intern): RecordedOperation | null {
  const [letter = '', name = '', value = '', more] = text.split(' ')
  if (name === '' || more !== undefined) return null
  const key = intern(name)
  if (letter === letters['read-list']) {
    return { kind: 'read-list', key, elements: value === '' ? [] : value.split(',').map(intern) }
  }
  if (letter === letters.read) return { kind: 'read', key, value: value === '' ? null : intern(value) }
  if (value === '') return null
  if (letter === letters.append) return { kind: 'append', key, value: intern(value) }
  return letter === letters.write ? { kind: 'write', key, value: intern(value) } : null
}
