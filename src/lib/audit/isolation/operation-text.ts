import type { RecordedOperation, WrittenValue } from '../../ports/transaction-history.ts'

/** Elements of a long list that are shown at its beginning and at its end. */
const shownFirst = 2
const shownLast = 6

/** A list as people write it, `[1, 2, 3]`; of a long one the ends. */
export function listText(elements: readonly WrittenValue[]): string {
  const left = elements.length - shownFirst - shownLast
  if (left <= 1) return `[${elements.join(', ')}]`
  const ends = [...elements.slice(0, shownFirst), `... ${left} more ...`, ...elements.slice(-shownLast)]
  return `[${ends.join(', ')}]`
}

/** An operation in words, `appended 3 to accounts/7`. */
export function operationText(operation: RecordedOperation): string {
  const { key } = operation
  if (operation.kind === 'append') return `appended ${operation.value} to ${key}`
  if (operation.kind === 'write') return `wrote ${operation.value} to ${key}`
  if (operation.kind === 'read-list') return `read ${key} = ${listText(operation.elements)}`
  return `read ${key} = ${operation.value ?? 'nothing'}`
}
