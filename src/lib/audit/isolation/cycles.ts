import type { AnomalyKind } from '../../record/isolation-record.ts'
import { findComponents, type Components } from './components.ts'
import { rw, wr, ww, type DependencyGraph } from './dependencies.ts'
import type { Observed } from './observe.ts'
import { findShortest, type CyclePattern } from './shortest-cycle.ts'
import { createCycleStories } from './story.ts'

/**
 * Counts the cycles of the graph by Adya's names. That there are some is known in linear time, by strongly connected
 * components; examples are looked for only inside of these. A longer cycle of anti-dependencies is named only where no
 * shorter anomaly explains it.
 */
export function findDependencyCycles(observed: Observed, graph: DependencyGraph): void {
  const all = findComponents(graph)
  if (!all.hasCycle) return
  const { anomalies } = observed
  const find = createFinder(observed, graph)
  const isRw = (edge: number): boolean => graph.kinds[edge] === rw
  const insideWrites = within(graph, ww)
  find('G0', { begins: insideWrites, state: 0, step: (edge) => (insideWrites(edge) ? 0 : -1), closes: () => true })

  const insideFlow = within(graph, ww | wr)
  const reads = (edge: number): boolean => graph.kinds[edge] === wr && insideFlow(edge)
  find('G1c', { begins: reads, state: 0, step: (edge) => (insideFlow(edge) ? 0 : -1), closes: () => true })

  const inside = within(graph, ww | wr | rw, all)
  const leadsBack = leadsBackApart(graph, inside)
  // A cycle that begins and ends with one key is a lost update or a read that could not be repeated, found by itself.
  const otherKey = (first: number, last: number): boolean => graph.items[first] !== graph.items[last]
  const step = (edge: number): number => (inside(edge) && !isRw(edge) ? 0 : -1)
  find('G-single', { begins: leadsBack, state: 0, step, closes: otherKey })
  const isExplained = anomalies.has('G0', 'G1c', 'G-single', 'lost-update', 'non-repeatable-read')
  if (!isExplained) {
    find('G-nonadjacent', {
      begins: leadsBack,
      state: 1,
      step: (edge, state) => (!inside(edge) || (isRw(edge) && state === 1) ? -1 : Number(isRw(edge))),
      closes: (_first, _last, state) => state === 0,
    })
  }
  const begins = (edge: number): boolean => isRw(edge) && inside(edge)
  find('write-skew', { begins, state: 0, step: (edge) => (begins(edge) ? 0 : -1), closes: otherKey, pairsOnly: true })
  if (isExplained || anomalies.has('G-nonadjacent', 'write-skew')) return
  find('G2-item', {
    begins,
    state: 0,
    step: (edge, state) => (inside(edge) ? Math.max(state, Number(isRw(edge))) : -1),
    closes: (_first, _last, state) => state === 1,
  })
}

function createFinder(
  { anomalies, words, history }: Observed,
  graph: DependencyGraph,
): (kind: AnomalyKind, pattern: CyclePattern) => void {
  const stories = createCycleStories(graph, history.items, words)
  return (kind, pattern) => {
    const note = (edges: readonly number[]): void => {
      const transactions = edges.map((edge) => graph.from[edge] ?? -1)
      anomalies.add(kind, transactions, () => stories.tell(kind, edges))
    }
    findShortest(graph, pattern, {
      onPair: note,
      onCycle: (edges) => {
        note(edges)
        anomalies.cut(kind)
      },
      onCut: () => {
        const story = 'Transactions depend on each other in a circle that is too long to be shown.'
        // A circle that could have been a G-single is a G-nonadjacent for certain.
        const certain = kind === 'G-single' ? 'G-nonadjacent' : kind
        anomalies.add(certain, [], () => ({ story, cycle: [] }))
        anomalies.cut(certain)
      },
    })
  }
}

/** Whether an edge of these kinds lies on a cycle of such edges. */
function within(
  { kinds, from, to, ...graph }: DependencyGraph,
  mask: number,
  { of }: Components = findComponents({ to, ...graph }, (edge) => (kinds[edge]! & mask) !== 0),
): (edge: number) => boolean {
  return (edge) => (kinds[edge]! & mask) !== 0 && of[from[edge]!] === of[to[edge]!]
}

/**
 * Whether an anti-dependency lies on a closed walk without two of them in a row, which snapshot isolation never has
 * (Cerone and Gotsman, "Analysing Snapshot Isolation", 2016): the components of a graph in which every transaction is
 * twice, once as reached by an anti-dependency, from where no other leads on.
 */
function leadsBackApart(
  { nodes, offsets, from, to, kinds }: DependencyGraph,
  inside: (edge: number) => boolean,
): (edge: number) => boolean {
  const doubled = new Int32Array(nodes * 2 + 1)
  const targets: number[] = []
  for (let place = 0; place < nodes * 2; place++) {
    const node = place >>> 1
    const isReached = (place & 1) === 1
    for (let edge = offsets[node]!; edge < offsets[node + 1]!; edge++) {
      if (!inside(edge) || (isReached && kinds[edge] === rw)) continue
      targets.push(to[edge]! * 2 + Number(kinds[edge] === rw))
    }
    doubled[place + 1] = targets.length
  }
  const { of } = findComponents({ nodes: nodes * 2, offsets: doubled, to: Int32Array.from(targets) })
  return (edge) => kinds[edge] === rw && inside(edge) && of[from[edge]! * 2] === of[to[edge]! * 2 + 1]
}
