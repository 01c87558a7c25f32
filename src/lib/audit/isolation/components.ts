/** A graph as lists of the targets of each node's edges, one after the other. */
export interface AdjacencyLists {
  readonly nodes: number
  /** The edges of a node are those from `offsets[node]` to before `offsets[node + 1]`. */
  readonly offsets: Int32Array
  readonly to: Int32Array
}

/** The strongly connected components of a graph. */
export interface Components {
  /** By node. A component has a smaller number than those that lead to it. */
  readonly of: Int32Array
  /** Nodes, those of a component after those that it leads to. */
  readonly order: Int32Array
  /** Whether a node lies on a cycle. No node leads to itself. */
  isCyclic(node: number): boolean
  readonly hasCycle: boolean
}

/** Finds the strongly connected components over those edges that `accepts` takes (Tarjan 1972, without recursion). */
export function findComponents(
  { nodes, offsets, to }: AdjacencyLists,
  accepts: (edge: number) => boolean = () => true,
): Components {
  const of = new Int32Array(nodes).fill(-1)
  const order = new Int32Array(nodes)
  const sizes: number[] = []
  const numbers = new Int32Array(nodes)
  const lowest = new Int32Array(nodes)
  const cursors = offsets.slice()
  const stack = new Int32Array(nodes)
  const path = new Int32Array(nodes)
  let visited = 0
  let closed = 0
  let stacked = 0
  let depth = 0

  function enter(node: number): void {
    numbers[node] = lowest[node] = ++visited
    stack[stacked++] = node
    path[depth++] = node
  }

  /** Ends the component of which `root` is the first node. */
  function close(root: number): void {
    let size = 0
    let member: number
    do {
      member = stack[--stacked]!
      of[member] = sizes.length
      order[closed++] = member
      size++
    } while (member !== root)
    sizes.push(size)
  }

  for (let start = 0; start < nodes; start++) {
    if (numbers[start] !== 0) continue
    enter(start)
    while (depth > 0) {
      const node = path[depth - 1]!
      if (cursors[node]! < offsets[node + 1]!) {
        const edge = cursors[node]!++
        if (!accepts(edge)) continue
        const next = to[edge]!
        if (numbers[next] === 0) enter(next)
        else if (of[next] === -1) lowest[node] = Math.min(lowest[node]!, numbers[next]!)
        continue
      }
      depth--
      const parent = path[depth - 1]
      if (depth > 0 && parent !== undefined) lowest[parent] = Math.min(lowest[parent]!, lowest[node]!)
      if (lowest[node] === numbers[node]) close(node)
    }
  }
  return { of, order, isCyclic: (node) => (sizes[of[node]!] ?? 0) > 1, hasCycle: sizes.some((size) => size > 1) }
}
