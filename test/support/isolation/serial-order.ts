import type { RecordedOperation, RecordedTransaction } from '../../../src/lib/ports/transaction-history.ts'

/** Whether the transactions, one after the other in some order, read just what they read: tries all orders. */
export function hasSerialOrder(transactions: readonly RecordedTransaction[]): boolean {
  return extend(transactions, new Map())
}

type State = ReadonlyMap<string, readonly (number | string)[]>

function extend(left: readonly RecordedTransaction[], state: State): boolean {
  if (left.length === 0) return true
  return left.some((next) => {
    const after = apply(next.operations, state)
    return (
      after !== null &&
      extend(
        left.filter((other) => other !== next),
        after,
      )
    )
  })
}

function apply(operations: readonly RecordedOperation[], before: State): State | null {
  const state = new Map(before)
  for (const operation of operations) {
    const values = state.get(operation.key) ?? []
    if (operation.kind === 'append' || operation.kind === 'write')
      state.set(operation.key, [...values, operation.value])
    else if (operation.kind === 'read' && operation.value !== (values.at(-1) ?? null)) return null
    else if (operation.kind === 'read-list' && operation.elements.join() !== values.join()) return null
  }
  return state
}
