import type {
  TransactionHistory,
  RecordedOperation,
  RecordedTransaction,
  WrittenValue,
} from '../../ports/transaction-history.ts'

/** A list or a register, with every write to it. A write is known by its slot: its place in `values`. */
export interface Item {
  readonly index: number
  readonly key: string
  readonly isList: boolean
  readonly slots: Map<WrittenValue, number>
  readonly values: WrittenValue[]
  /** By slot, the place of the transaction in the history. */
  readonly writers: number[]
  /** By slot: its transaction wrote nothing to this key afterwards. */
  readonly finals: boolean[]
  /** Slots of a list in the order of their versions, as one transaction read them. */
  order: readonly number[]
  /** The reader of that order; -1 where nobody read anything. */
  orderedBy: number
  /** By slot, its place in `order`; -1 where it is not there. */
  positions: Int32Array
  /** So many of `order` no other read disputes. */
  undisputed: number
}

/** The version before the first write; every other version is the slot of the write that made it. */
export const emptyVersion = -1

/** A history by its keys. */
export interface IndexedHistory {
  readonly transactions: readonly RecordedTransaction[]
  readonly isPartial: boolean
  readonly items: readonly Item[]
  /** By transaction, 1 where it was committed, as its client was told or as the read of another shows. */
  readonly counted: Uint8Array
  itemOf(operation: RecordedOperation): Item
}

/**
 * Finds the writer of every value, and those transactions of unknown outcome that were committed since others read from
 * them. Throws Error for a history in which a value has two writers, or a key is both a list and a register.
 */
export function indexHistory({ transactions, isPartial = false }: TransactionHistory): IndexedHistory {
  const items = new Map<string, Item>()
  const itemOf = ({ kind, key }: RecordedOperation): Item => {
    const isList = kind === 'append' || kind === 'read-list'
    const known = items.get(key)
    if (known === undefined) return addItem(items, key, isList)
    if (known.isList !== isList) throw new Error(`${key} is used as a list and as a register`)
    return known
  }
  for (const [writer, { operations }] of transactions.entries()) {
    for (const operation of operations) {
      const item = itemOf(operation)
      if (operation.kind === 'append' || operation.kind === 'write') addWrite(item, operation.value, writer)
    }
  }
  const indexed = { transactions, isPartial, items: [...items.values()], itemOf }
  return { ...indexed, counted: markCounted(transactions, itemOf) }
}

function addItem(items: Map<string, Item>, key: string, isList: boolean): Item {
  const item: Item = {
    index: items.size,
    key,
    isList,
    slots: new Map(),
    values: [],
    writers: [],
    finals: [],
    order: [],
    orderedBy: -1,
    positions: new Int32Array(0),
    undisputed: 0,
  }
  items.set(key, item)
  return item
}

function addWrite(item: Item, value: WrittenValue, writer: number): void {
  const slot = item.values.length
  if (item.slots.has(value))
    throw new Error(`${value} was written to ${item.key} twice, so that no read says whose it is`)
  // Transactions are added one after the other.
  if (item.writers[slot - 1] === writer) item.finals[slot - 1] = false
  item.slots.set(value, slot)
  item.values.push(value)
  item.writers.push(writer)
  item.finals.push(true)
}

/** The values that a read returned. */
function valuesRead(operation: RecordedOperation): readonly WrittenValue[] {
  if (operation.kind === 'read-list') return operation.elements
  return operation.kind === 'read' && operation.value !== null ? [operation.value] : []
}

/** A transaction of unknown outcome was committed if one that was committed has read from it. */
function markCounted(
  transactions: readonly RecordedTransaction[],
  itemOf: (operation: RecordedOperation) => Item,
): Uint8Array {
  const counted = Uint8Array.from(transactions, ({ outcome }) => (outcome === 'committed' ? 1 : 0))
  if (transactions.every(({ outcome }) => outcome !== 'unknown')) return counted
  const readers = [...counted.keys()].filter((transaction) => counted[transaction] === 1)
  for (let reader = readers.pop(); reader !== undefined; reader = readers.pop()) {
    for (const operation of transactions[reader]?.operations ?? []) {
      for (const value of valuesRead(operation)) {
        const item = itemOf(operation)
        const writer = item.writers[item.slots.get(value) ?? -1] ?? -1
        if (transactions[writer]?.outcome !== 'unknown' || counted[writer] === 1) continue
        counted[writer] = 1
        readers.push(writer)
      }
    }
  }
  return counted
}
