import type { AnomalyKind } from '../../record/isolation-record.ts'
import type { CycleEdge, Example } from './anomalies.ts'
import { rw, wr, type DependencyGraph } from './dependencies.ts'
import type { Item } from './items.ts'
import type { Words } from './words.ts'

/** Tells cycles as stories. */
export interface CycleStories {
  tell(kind: AnomalyKind, edges: readonly number[]): Omit<Example, 'transactions'>
}

/** The end of the story of each kind of cycle. */
const endings: Partial<Record<AnomalyKind, (first: string, isPair: boolean) => string>> = {
  G0: () => 'their writes are mixed, and no order of them gives what is stored',
  G1c: (_first, isPair) =>
    `${isPair ? 'each' : 'each of them'} depends on what the other${isPair ? '' : 's'} did first`,
  'G-single': (first, isPair) =>
    `${first} missed one change and saw ${isPair ? 'another of the same transaction' : 'what came after it'}`,
  'write-skew': () => 'each changed what the other had relied on',
}

/** Creates stories of the cycles in a graph. */
export function createCycleStories(graph: DependencyGraph, items: readonly Item[], words: Words): CycleStories {
  function edgeOf(edge: number): CycleEdge {
    const [from, to] = [graph.from[edge] ?? -1, graph.to[edge] ?? -1]
    const kind = graph.kinds[edge]
    const item = items[graph.items[edge] ?? -1]
    const dependency = kind === rw ? 'rw' : kind === wr ? 'wr' : 'ww'
    if (!item) return { from, to, dependency, key: '', because: '' }
    return { from, to, dependency, key: item.key, because: becauseOf(dependency, item, edge) }
  }

  function becauseOf(dependency: CycleEdge['dependency'], item: Item, edge: number): string {
    const [from, to] = [words.name(graph.from[edge] ?? -1), words.name(graph.to[edge] ?? -1)]
    const [before, after] = [graph.before[edge] ?? -1, graph.after[edge] ?? -1]
    if (dependency === 'wr')
      return `${to} read ${words.version(item, before)}, with ${from}'s ${words.value(item, before)}`
    if (dependency === 'rw')
      return `${from} read ${words.version(item, before)}, without ${to}'s ${words.value(item, after)}`
    const place = item.isList ? `to ${item.key}` : `over ${item.key} = ${words.value(item, before)}`
    const wrote = `${to} ${words.write(item, after)} ${place}`
    return item.isList ? `${wrote} after ${from}'s ${words.value(item, before)}` : `${wrote}, which was ${from}'s`
  }

  /** Tells a write skew by what each transaction read and then wrote. */
  function skewOf(edges: readonly number[]): string {
    const halves = edges.map((edge, place) => {
      const back = edges[1 - place] ?? -1
      const [item, itemBack] = [items[graph.items[edge] ?? -1], items[graph.items[back] ?? -1]]
      if (!item || !itemBack) return ''
      const read = words.version(item, graph.before[edge] ?? -1)
      return `${words.name(graph.from[edge] ?? -1)} read ${read} and ${words.writeTo(itemBack, graph.after[back] ?? -1)}`
    })
    return `${halves.join('; ')}; neither saw the other's`
  }

  function tell(kind: AnomalyKind, edges: readonly number[]): Omit<Example, 'transactions'> {
    const cycle = edges.map(edgeOf)
    const first = words.name(cycle[0]?.from ?? -1)
    const ending = endings[kind]?.(first, cycle.length === 2) ?? 'no order of them gives each what it read'
    const course = kind === 'write-skew' ? skewOf(edges) : cycle.map(({ because }) => because).join('; ')
    return { story: `${course}: ${ending}.`, cycle }
  }

  return { tell }
}
