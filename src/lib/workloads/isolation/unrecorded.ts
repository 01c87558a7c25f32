import type { RecordedOperation, RecordedTransaction, WrittenValue } from '../../ports/transaction-history.ts'

/** A value as users make it, `12.7b`: the second that user 12 wrote in its attempt 7. */
const valuePattern = /^(\d+)\.(\d+)[a-z]$/

/**
 * Makes the transactions that their users did not come to write down, since their process was killed or they were cut off: those
 * whose values others read, and which came after all that the user wrote down. Of these nobody was told how they ended.
 */
export function unrecordedAmong(transactions: readonly RecordedTransaction[]): RecordedTransaction[] {
  const written = new Set<string>()
  const last = new Map<string, number>()
  for (const { id, operations } of transactions) {
    const [, user = '', attempt = '0'] = /^(.*)\.(\d+)$/.exec(id) ?? []
    last.set(user, Math.max(last.get(user) ?? 0, Number(attempt)))
    for (const operation of operations) {
      if (operation.kind === 'append' || operation.kind === 'write') written.add(named(operation.key, operation.value))
    }
  }
  const found = new Map<string, Map<string, RecordedOperation>>()
  for (const { operations } of transactions) {
    for (const operation of operations) {
      for (const value of valuesRead(operation)) {
        if (written.has(named(operation.key, value))) continue
        const [, user = '', attempt = '0'] = valuePattern.exec(String(value)) ?? []
        const name = named(operation.key, user)
        // A user makes one transaction after the other, and writes each down before the next.
        if (user === '' || Number(attempt) <= (last.get(name) ?? 0)) continue
        const writes = found.get(`${name}.${attempt}`) ?? new Map<string, RecordedOperation>()
        found.set(`${name}.${attempt}`, writes)
        const kind = operation.kind === 'read-list' ? 'append' : 'write'
        writes.set(String(value), { kind, key: operation.key, value })
      }
    }
  }
  return [...found].map(([id, writes]) => ({
    id,
    user: `user ${id.slice(id.lastIndexOf('/') + 1).split('.')[0]}`,
    beganAt: -Infinity,
    endedAt: Infinity,
    outcome: 'unknown',
    operations: [...writes].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, operation]) => operation),
  }))
}

/** A value or a user by the run that it belongs to, which keys of all runs but the first have before them. */
function named(key: string, value: WrittenValue): string {
  const slash = key.lastIndexOf('/')
  return slash === -1 ? String(value) : `${key.slice(0, slash)}/${value}`
}

function valuesRead(operation: RecordedOperation): readonly WrittenValue[] {
  if (operation.kind === 'read-list') return operation.elements
  return operation.kind === 'read' && operation.value !== null ? [operation.value] : []
}
