import type { RecordedTransaction } from '../../ports/transaction-history.ts'
import { listText } from './operation-text.ts'
import { emptyVersion, type Item } from './items.ts'

/** Names for what stories are about. */
export interface Words {
  /** A transaction by its place in the history, `T12`. */
  name(transaction: number): string
  /** A version of a list or register, `accounts/7 = [1, 2]`. */
  version(item: Item, version: number): string
  /** The value that made a version. */
  value(item: Item, version: number): string
  /** The write that made a version, `appended 3`. */
  write(item: Item, version: number): string
  /** The write with its key, `appended 3 to accounts/7`. */
  writeTo(item: Item, version: number): string
}

/** Creates names for the transactions of a history. */
export function createWords(transactions: readonly RecordedTransaction[]): Words {
  function value(item: Item, version: number): string {
    return String(item.values[version] ?? 'nothing')
  }

  function read(item: Item, version: number): string {
    if (!item.isList) return `${item.key} = ${value(item, version)}`
    const slots = version === emptyVersion ? [] : item.order.slice(0, (item.positions[version] ?? -1) + 1)
    return `${item.key} = ${listText(slots.map((slot) => item.values[slot] ?? ''))}`
  }

  function write(item: Item, version: number): string {
    return `${item.isList ? 'appended' : 'wrote'} ${value(item, version)}`
  }

  return {
    name: (transaction) => {
      const { id = '?', isLast = false } = transactions[transaction] ?? {}
      return isLast ? 'the audit' : `T${id}`
    },
    value,
    version: read,
    write,
    writeTo: (item, version) => `${write(item, version)} to ${item.key}`,
  }
}
