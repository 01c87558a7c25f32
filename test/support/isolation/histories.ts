import type {
  TransactionHistory,
  RecordedOperation,
  RecordedTransaction,
} from '../../../src/lib/ports/transaction-history.ts'

/**
 * Operations in a short form: `append x 1`, `list x 1 2` (a read of a list), `write r 5`, `read r 5`, `read r` (nothing was
 * there).
 */
function operations(...texts: readonly string[]): RecordedOperation[] {
  return texts.map((text) => {
    const [kind, key = '', ...values] = text.split(' ')
    const numbers = values.map(Number)
    const [value = null] = numbers
    if (kind === 'list') return { kind: 'read-list', key, elements: numbers }
    if (kind === 'read') return { kind: 'read', key, value }
    if (value === null || (kind !== 'append' && kind !== 'write')) throw new Error(`no operation: ${text}`)
    return { kind, key, value }
  })
}

/** A transaction with the number that its story names, from the time `from` to `to`. */
export function transaction(
  id: number,
  texts: readonly string[],
  { outcome = 'committed', from = 0, to = 1000, isLast = false }: TransactionParts = {},
): RecordedTransaction {
  const times = { beganAt: from, endedAt: to }
  const last = isLast ? ({ isLast } as const) : {}
  return { id: String(id), user: `user ${id}`, outcome, operations: operations(...texts), ...times, ...last }
}

interface TransactionParts {
  readonly outcome?: RecordedTransaction['outcome']
  readonly from?: number
  readonly to?: number
  readonly isLast?: boolean
}

/** A history of transactions that were all under way at the same time. */
export function historyOf(...transactions: readonly RecordedTransaction[]): TransactionHistory {
  return { transactions }
}
