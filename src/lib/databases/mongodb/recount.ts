import type { Counter, KeyRange } from '../port.ts'
import type { MongoConnection } from './connection.ts'
import { fieldOf, type Doc } from './documents.ts'

/** Keys that are named in one command. */
const keysPerUpdate = 10_000

/**
 * Sets the counters of the parents in `range` to capacity - children. The rows are counted first: whoever books in the
 * range at the same time is not in the count.
 */
export async function recount(connection: MongoConnection, counter: Counter, range: KeyRange): Promise<void> {
  const { parent, child } = counter
  const reference = fieldOf(child, counter.reference)
  const between = { $gte: range.from, $lte: range.to }
  const groups = connection
    .collection(child)
    .aggregate<{ _id: number; count: number }>([
      { $match: { [reference]: between } },
      { $group: { _id: `$${reference}`, count: { $sum: 1 } } },
    ])
  const children = new Map((await connection.run(groups.toArray())).map(({ _id, count }) => [_id, count]))
  const parents = await connection.run(connection.collection(parent).find({ _id: between }).toArray())
  // Most parents of a block come to the same number: one command sets them all.
  const byValue = new Map<number, Doc['_id'][]>()
  for (const document of parents) {
    const value = Number(document[counter.capacity]) - (children.get(document._id as number) ?? 0)
    if (document[counter.counter] === value) continue
    const same = byValue.get(value)
    if (same) same.push(document._id)
    else byValue.set(value, [document._id])
  }
  for (const [value, keys] of byValue) {
    for (let at = 0; at < keys.length; at += keysPerUpdate) {
      const filter = { _id: { $in: keys.slice(at, at + keysPerUpdate) } }
      await connection.run(connection.collection(parent).updateMany(filter, { $set: { [counter.counter]: value } }))
    }
  }
}
