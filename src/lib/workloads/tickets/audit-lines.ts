import type { Pace } from '../../audit/pace.ts'
import type { Store } from '../../ports/database.ts'
import type { Violation } from '../../ports/workload.ts'
import { lines, linesOf, orders, type LineRow } from './tables.ts'

/** The lines under one order number. */
interface Group {
  readonly order: string
  readonly count: number
  /** They are numbered from 1 on, and each says that it belongs to this order. */
  readonly regular: boolean
}

type Line = Pick<LineRow, 'id' | 'order_id' | 'position'>

/** Finds orders without all their lines, and lines without their order. Goes through both in the order of their keys. */
export async function* auditLines(store: Store, pace: Pace): AsyncGenerator<Violation> {
  const groups = groupLines(store.scan(lines, ['id', 'order_id', 'position']), pace)
  let group = await groups.next()
  for await (const { id, line_count: expected } of store.scan(orders, ['id', 'line_count'])) {
    for (; !group.done && group.value.order < id; group = await groups.next())
      yield* lookAgain(store, group.value.order)
    if (group.done || group.value.order !== id) yield* lookAgain(store, id)
    else {
      if (!group.value.regular || group.value.count !== expected) yield* lookAgain(store, id)
      group = await groups.next()
    }
    if (pace.step()) await pace.rest()
  }
  for (; !group.done; group = await groups.next()) yield* lookAgain(store, group.value.order)
}

async function* groupLines(rows: AsyncIterable<Line>, pace: Pace): AsyncGenerator<Group> {
  let group: Group | null = null
  for await (const line of rows) {
    const order: string = orderOf(line)
    if (group && group.order !== order) yield group
    const before: Group = group?.order === order ? group : { order, count: 0, regular: true }
    const count = before.count + 1
    group = { order, count, regular: before.regular && line.order_id === order && line.position === count }
    if (pace.step()) await pace.rest()
  }
  if (group) yield group
}

/** The order in whose place a line stands, whatever it says. */
function orderOf({ id }: Line): string {
  return id.slice(0, id.lastIndexOf('-'))
}

/** Both tables were not read at the same moment. */
async function* lookAgain(store: Store, id: string): AsyncGenerator<Violation> {
  const [order] = await store.find(orders, { id }, { columns: ['line_count'] })
  const rows = await store.find(lines, linesOf(id), { columns: ['id', 'order_id', 'position'], orderBy: ['id'] })
  const key = `order ${id}`
  if (!order) {
    if (rows.length > 0)
      yield { kind: 'inconsistent', key, detail: `${rows.length} lines of an order that is not there` }
    return
  }
  const strays = rows.filter((line, index) => line.order_id !== id || line.position !== index + 1)
  if (rows.length === order.line_count && strays.length === 0) return
  const detail = strays.length > 0 ? `, of which ${strays.length} are another's or in another place` : ''
  yield { kind: 'inconsistent', key, detail: `${rows.length} lines instead of ${order.line_count}${detail}` }
}
