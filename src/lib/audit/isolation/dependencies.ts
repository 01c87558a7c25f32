import { createIntList } from './int-list.ts'
import { emptyVersion, type IndexedHistory, type Item } from './items.ts'
import { unseen, type Observations } from './observe.ts'

/** Kinds of dependencies, as bits. */
export const ww = 1
export const wr = 2
export const rw = 4

/** Dependencies between transactions, sorted by where they begin and, of these, by where they end. */
export interface DependencyGraph {
  readonly nodes: number
  /** The edges of a node are those from `offsets[node]` to before `offsets[node + 1]`. */
  readonly offsets: Int32Array
  readonly from: Int32Array
  readonly to: Int32Array
  readonly kinds: Int32Array
  readonly items: Int32Array
  /** The version that was overwritten or read, and of ww and rw the one that replaced it. */
  readonly before: Int32Array
  readonly after: Int32Array
}

/** The most that a version of a register is known to be replaced by: more say nothing new. */
const mostSuccessors = 8

/** Builds the graph of what was observed. */
export function buildGraph(history: IndexedHistory, observations: Observations): DependencyGraph {
  const edges = createEdges(history.transactions.length)
  const registers = successorsOf(history.items, observations)
  const unread = new Map(history.items.map((item) => [item, unreadOf(item, history)]))
  for (const item of history.items) addOverwrites(edges, item, unread.get(item) ?? null)
  const { reads, updates } = observations
  for (let row = 0; row < updates.length; row += 5) {
    const item = history.items[updates.at(row + 1)]
    const [writer, seen, slot] = [updates.at(row), updates.at(row + 2), updates.at(row + 3)]
    if (item && !item.isList && seen !== unseen) edges.add(ww, item, item.writers[seen] ?? -1, writer, seen, slot)
  }
  for (let row = 0; row < reads.length; row += 3) {
    const item = history.items[reads.at(row + 1)]
    const [reader, version] = [reads.at(row), reads.at(row + 2)]
    if (!item || (item.isList && version !== emptyVersion && (item.positions[version] ?? 0) >= item.undisputed))
      continue
    const writer = item.writers[version] ?? -1
    edges.add(wr, item, writer, reader, version, version)
    const next = item.isList ? nextOf(item, version, unread.get(item) ?? null) : registers.get(item)?.get(version)
    for (const slot of next ?? []) {
      const overwriter = item.writers[slot] ?? -1
      // The next version of a transaction's own is no dependency of those who read an intermediate one: that is G1b.
      if (overwriter !== writer) edges.add(rw, item, reader, overwriter, version, slot)
    }
  }
  return edges.build()
}

/** The element that nobody has read: it comes after all that was read. Null where there are none, or several. */
function unreadOf({ isList, order, undisputed, writers, positions }: Item, { counted }: IndexedHistory): number | null {
  if (!isList || undisputed < order.length) return null
  const slots = [...writers.keys()].filter((slot) => positions[slot] === -1 && counted[writers[slot] ?? -1] === 1)
  const [first] = slots
  return first !== undefined && slots.every((slot) => writers[slot] === writers[first]) ? first : null
}

function addOverwrites(edges: EdgeList, item: Item, unread: number | null): void {
  const order = item.order.slice(0, item.undisputed)
  if (unread !== null) order.push(unread)
  for (const [place, slot] of order.entries()) {
    const before = order[place - 1]
    if (before !== undefined) edges.add(ww, item, item.writers[before] ?? -1, item.writers[slot] ?? -1, before, slot)
  }
}

function nextOf({ order, positions, undisputed }: Item, version: number, unread: number | null): readonly number[] {
  const place = version === emptyVersion ? 0 : (positions[version] ?? -1) + 1
  const next = place < undisputed ? order[place] : undefined
  if (next !== undefined) return [next]
  return unread !== null && place === order.length ? [unread] : []
}

/**
 * The versions of a register that are known to come later than another: those whose transaction had read that one.
 * Every version comes later than the empty one.
 */
function successorsOf(
  items: readonly Item[],
  { updates }: Observations,
): ReadonlyMap<Item, ReadonlyMap<number, readonly number[]>> {
  const successors = new Map<Item, Map<number, number[]>>()
  for (let row = 0; row < updates.length; row += 5) {
    const item = items[updates.at(row + 1)]
    if (item === undefined || item.isList) continue
    const seen = updates.at(row + 2) === unseen ? emptyVersion : updates.at(row + 2)
    const ofItem = successors.get(item) ?? new Map<number, number[]>()
    successors.set(item, ofItem)
    const ofVersion = ofItem.get(seen) ?? []
    ofItem.set(seen, ofVersion)
    if (ofVersion.length < mostSuccessors) ofVersion.push(updates.at(row + 3))
  }
  return successors
}

interface EdgeList {
  /** Leaves out edges of a transaction to itself, and those from the empty version's writer, which is nobody. */
  add(kind: number, item: Item, from: number, to: number, before: number, after: number): void
  build(): DependencyGraph
}

const columns = 6

function createEdges(nodes: number): EdgeList {
  const rows = createIntList()

  function add(kind: number, item: Item, from: number, to: number, before: number, after: number): void {
    if (from === to || from < 0 || to < 0) return
    rows.push(from)
    rows.push(to)
    rows.push(kind)
    rows.push(item.index)
    rows.push(before)
    rows.push(after)
  }

  /** Row numbers in the order of a column, which keeps the order of rows that are equal in it. */
  function sortBy(order: Int32Array, column: number): { readonly sorted: Int32Array; readonly offsets: Int32Array } {
    const offsets = new Int32Array(nodes + 1)
    const valueOf = (row: number): number => rows.at(row * columns + column)
    for (const row of order) offsets[valueOf(row) + 1]! += 1
    for (let node = 0; node < nodes; node++) offsets[node + 1]! += offsets[node]!
    const next = offsets.slice()
    const sorted = new Int32Array(order.length)
    for (const row of order) sorted[next[valueOf(row)]!++] = row
    return { sorted, offsets }
  }

  function build(): DependencyGraph {
    const unsorted = new Int32Array(rows.length / columns)
    for (let row = 0; row < unsorted.length; row++) unsorted[row] = row
    const { sorted, offsets } = sortBy(sortBy(unsorted, 1).sorted, 0)
    const columnOf = (column: number): Int32Array => sorted.map((row) => rows.at(row * columns + column))
    return {
      nodes,
      offsets,
      from: columnOf(0),
      to: columnOf(1),
      kinds: columnOf(2),
      items: columnOf(3),
      before: columnOf(4),
      after: columnOf(5),
    }
  }

  return { add, build }
}
