import type { CycleEdge } from './anomalies.ts'
import { findComponents } from './components.ts'
import type { DependencyGraph } from './dependencies.ts'
import type { Observed } from './observe.ts'
import { createCycleStories } from './story.ts'

/**
 * Counts transactions that have to come before one which had ended when they began. One edge of real time is enough for
 * every such cycle: of two, one could be left out. Looks at each edge once, and needs a graph without cycles.
 */
export function findRealTimeCycles(
  { history, anomalies, words }: Observed,
  graph: DependencyGraph,
  clockErrorUs: number,
): void {
  const { offsets, to } = graph
  const { transactions, items } = history
  const endOf = (transaction: number): number => transactions[transaction]?.endedAt ?? Infinity
  const beginOf = (transaction: number): number => transactions[transaction]?.beganAt ?? -Infinity
  /** By transaction: that of those after it which ended first, itself included, and the edge that leads there. */
  const earliest = new Int32Array(graph.nodes)
  const leadsOn = new Int32Array(graph.nodes).fill(-1)
  const stories = createCycleStories(graph, items, words)
  for (const transaction of findComponents(graph).order) {
    earliest[transaction] = transaction
    for (let edge = offsets[transaction]!; edge < offsets[transaction + 1]!; edge++) {
      const next = earliest[to[edge]!]!
      if (endOf(next) >= endOf(earliest[transaction])) continue
      earliest[transaction] = next
      leadsOn[transaction] = edge
    }
    const ended = earliest[transaction]
    if (endOf(ended) + clockErrorUs >= beginOf(transaction)) continue
    const path: number[] = []
    for (let at = transaction; at !== ended; at = to[leadsOn[at]!]!) path.push(leadsOn[at]!)
    anomalies.add('real-time', [transaction, ...path.map((edge) => to[edge]!)], () => {
      const { cycle } = stories.tell('real-time', path)
      const [late, early] = [words.name(transaction), words.name(ended)]
      const because = `${early} had ended before ${late} began`
      const back: CycleEdge = { from: ended, to: transaction, dependency: 'rt', key: '', because }
      const story = `${because}; ${cycle.map((edge) => edge.because).join('; ')}: ${late} has to come first all the same.`
      return { story, cycle: [...cycle, back] }
    })
  }
}
