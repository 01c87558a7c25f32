import type { DependencyGraph } from './dependencies.ts'

/** A kind of cycle: where it begins, and which edges may follow. */
export interface CyclePattern {
  /** Whether a cycle may begin with this edge. */
  readonly begins: (edge: number) => boolean
  /** The state after the first edge, 0 or 1. */
  readonly state: number
  /** The state after one more edge, 0 or 1; -1 where it may not follow. */
  readonly step: (edge: number, state: number) => number
  /** Whether the cycle that began with `first` may end with `last`, which leads to `state`. */
  readonly closes: (first: number, last: number, state: number) => boolean
  /** Cycles of more than two transactions are none of these. */
  readonly pairsOnly?: true
}

/** Cycles of two transactions, all of them, or one of the shortest otherwise. */
export interface CycleSearch {
  /** Told of every pair of transactions that make a cycle, once. */
  readonly onPair: (edges: readonly [first: number, last: number]) => void
  /** Told of a longer cycle, where there is no pair. */
  readonly onCycle: (edges: readonly number[]) => void
  /** Told that the search for longer cycles ended before all were looked at. */
  readonly onCut: () => void
}

/** Edges that a search for longer cycles looks at: a second or so. */
const mostVisits = 10_000_000

/** Looks for the shortest cycle of a pattern. */
export function findShortest(graph: DependencyGraph, pattern: CyclePattern, search: CycleSearch): void {
  const { nodes, from, to } = graph
  const pairs = new Set<number>()
  const beginnings: number[] = []
  for (let first = 0; first < from.length; first++) {
    if (!pattern.begins(first)) continue
    beginnings.push(first)
    const [one, other] = [from[first]!, to[first]!]
    const pair = Math.min(one, other) * nodes + Math.max(one, other)
    if (pairs.has(pair)) continue
    const last = edgeBack(graph, first, pattern)
    if (last === null) continue
    pairs.add(pair)
    search.onPair([first, last])
  }
  if (pairs.size > 0 || pattern.pairsOnly === true) return
  const finder = createPathFinder(graph, pattern)
  let shortest: readonly number[] | null = null
  for (const first of beginnings) {
    const path = finder.pathBack(first, shortest === null ? Infinity : shortest.length - 1)
    if (path) shortest = [first, ...path]
    // No pair was found, so that three is the least.
    if (shortest?.length === 3 || finder.isSpent()) break
  }
  if (shortest) search.onCycle(shortest)
  else if (finder.isSpent()) search.onCut()
}

/** An edge that makes a cycle of two with `first`; null for none. Edges of a node are sorted by where they end. */
function edgeBack({ offsets, from, to }: DependencyGraph, first: number, pattern: CyclePattern): number | null {
  const [goal, node] = [from[first]!, to[first]!]
  let low = offsets[node]!
  let high = offsets[node + 1]!
  while (low < high) {
    const middle = (low + high) >>> 1
    if (to[middle]! < goal) low = middle + 1
    else high = middle
  }
  for (let edge = low; edge < offsets[node + 1]! && to[edge] === goal; edge++) {
    const state = pattern.step(edge, pattern.state)
    if (state >= 0 && pattern.closes(first, edge, state)) return edge
  }
  return null
}

interface PathFinder {
  /** The edges of a shortest path from the end of `first` to its beginning, fewer than `limit`; null for none. */
  pathBack(first: number, limit: number): readonly number[] | null
  isSpent(): boolean
}

function createPathFinder({ nodes, offsets, from, to }: DependencyGraph, pattern: CyclePattern): PathFinder {
  // A node in a state is `node * 2 + state`.
  const visitedIn = new Int32Array(nodes * 2)
  const cameBy = new Int32Array(nodes * 2)
  const cameFrom = new Int32Array(nodes * 2)
  const lengths = new Int32Array(nodes * 2)
  const queue = new Int32Array(nodes * 2)
  let search = 0
  let visits = 0

  function pathBack(first: number, limit: number): readonly number[] | null {
    search++
    const goal = from[first]!
    const start = to[first]! * 2 + pattern.state
    visitedIn[start] = search
    lengths[start] = 0
    queue[0] = start
    let queued = 1
    for (let next = 0; next < queued && visits < mostVisits; next++) {
      const place = queue[next]!
      if (lengths[place]! + 1 >= limit) return null
      const node = place >>> 1
      for (let edge = offsets[node]!; edge < offsets[node + 1]!; edge++) {
        visits++
        const state = pattern.step(edge, place & 1)
        if (state < 0) continue
        const target = to[edge]!
        if (target === goal) {
          if (pattern.closes(first, edge, state)) return [...pathTo(place, start), edge]
          continue
        }
        const reached = target * 2 + state
        if (visitedIn[reached] === search) continue
        visitedIn[reached] = search
        lengths[reached] = lengths[place]! + 1
        cameBy[reached] = edge
        cameFrom[reached] = place
        queue[queued++] = reached
      }
    }
    return null
  }

  function pathTo(end: number, start: number): number[] {
    const edges: number[] = []
    for (let place = end; place !== start; place = cameFrom[place]!) edges.push(cameBy[place]!)
    return edges.toReversed()
  }

  return { pathBack, isSpent: () => visits >= mostVisits }
}
