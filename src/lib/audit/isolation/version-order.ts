import type { WrittenValue } from '../../ports/transaction-history.ts'
import { emptyVersion, type IndexedHistory, type Item } from './items.ts'

/** Something odd in one read of a list. */
export interface OddElement {
  readonly kind: 'unwritten-value' | 'duplicate-elements' | 'G1a' | 'incompatible-order'
  readonly value: WrittenValue
}

/** A read of a list, held against the order of its versions. */
export interface ListRead {
  /** Slot of the last element of others; `emptyVersion` where there was none. Null where the read fits no version. */
  readonly version: number | null
  /** The place in the order at which it does not agree with it; null where it does. */
  readonly disputedAt: number | null
  /** Slots of the reader's own elements, in order. */
  readonly own: readonly number[]
  readonly odd: readonly OddElement[]
}

/**
 * Orders the versions of every list by the longest read of a transaction that was committed: all elements that were
 * appended up to then stand in it, in order, so that every other read has to be a beginning of it.
 */
export function orderVersions(history: IndexedHistory): void {
  for (const [reader, { operations }] of history.transactions.entries()) {
    if (history.counted[reader] !== 1) continue
    for (const operation of operations) {
      if (operation.kind !== 'read-list') continue
      const item = history.itemOf(operation)
      if (operation.elements.length <= item.order.length) continue
      const order = orderIn(operation.elements, item, history, reader)
      if (order.length <= item.order.length) continue
      item.order = order
      item.orderedBy = reader
    }
  }
  for (const item of history.items) {
    item.positions = positionsOf(item)
    item.undisputed = item.order.length
  }
}

function positionsOf({ order, values }: Item): Int32Array {
  const positions = new Int32Array(values.length).fill(-1)
  for (const [position, slot] of order.entries()) positions[slot] = position
  return positions
}

/** Elements that were committed and stand there for the first time, up to the reader's own, where nothing follows these. */
function orderIn(
  elements: readonly WrittenValue[],
  item: Item,
  { counted }: IndexedHistory,
  reader: number,
): readonly number[] {
  const order = new Set<number>()
  let ofOthers = 0
  for (const element of elements) {
    const slot = item.slots.get(element)
    if (slot === undefined || counted[item.writers[slot] ?? -1] !== 1) continue
    order.add(slot)
    if (item.writers[slot] !== reader) ofOthers = order.size
  }
  return [...order].slice(0, ofOthers)
}

/** Holds a read against the order of versions. */
export function matchRead(
  elements: readonly WrittenValue[],
  item: Item,
  { counted }: IndexedHistory,
  reader: number,
): ListRead {
  const { order, values, writers, slots, positions } = item
  const own: number[] = []
  const odd: OddElement[] = []
  let next = 0
  let ofOthers = 0
  let disputedAt: number | null = null
  for (const value of elements) {
    const expected = order[next]
    const isNext = expected !== undefined && values[expected] === value
    const slot = isNext ? expected : slots.get(value)
    if (slot === undefined) odd.push({ kind: 'unwritten-value', value })
    else if (writers[slot] === reader) {
      own.push(slot)
      if (isNext) next++
    } else if (isNext) ofOthers = ++next
    else if (counted[writers[slot] ?? -1] !== 1) odd.push({ kind: 'G1a', value })
    else {
      const position = positions[slot] ?? -1
      const wasThere = position >= 0 && position < next
      odd.push({ kind: wasThere ? 'duplicate-elements' : 'incompatible-order', value })
      if (!wasThere) disputedAt ??= next
    }
  }
  return { version: disputedAt === null ? (order[ofOthers - 1] ?? emptyVersion) : null, disputedAt, own, odd }
}
