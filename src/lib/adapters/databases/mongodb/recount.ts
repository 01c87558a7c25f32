import type { AbstractCursor, Condition } from 'mongodb'
import { chunksOf } from '../../../base/chunks.ts'
import type { Counter, KeyRange } from '../../../ports/database.ts'
import type { MongoConnection } from './connection.ts'
import { fieldOf } from './documents.ts'

/** Documents that are read at once. More outlive the young generation, and lie long in the old one. */
const batchSize = 100

/** Keys that are named in one command. */
const keysPerUpdate = 10_000

/** Parents that follow one another, from which on their range is named instead of each. */
const shortestRange = 50

interface Parent {
  readonly key: number
  /** The value that its counter should have. */
  readonly value: number
  readonly isRight: boolean
}

/** So many parents, by which command they are set. */
interface Update {
  readonly _id: Condition<number>
  readonly value: number
}

/**
 * Sets the counters of the parents in `range` to capacity - children. The rows are counted first: whoever books in the
 * range at the same time is not in the count.
 */
export async function recount(connection: MongoConnection, counter: Counter, range: KeyRange): Promise<void> {
  const parents = connection.collection(counter.parent)
  for (const { _id, value } of planUpdates(await countParents(connection, counter, range))) {
    await connection.repeat(() => parents.updateMany({ _id }, { $set: { [counter.counter]: value } }))
  }
}

/** The parents in the order of their keys. */
async function countParents(connection: MongoConnection, counter: Counter, range: KeyRange): Promise<Parent[]> {
  const { parent, child } = counter
  const reference = fieldOf(child, counter.reference)
  const between = { $gte: range.from, $lte: range.to }
  const pipeline = [
    { $match: { [reference]: between } },
    // MongoDB sees by itself what the groups need; FerretDB would keep the documents whole.
    { $project: { _id: 0, [reference]: 1 } },
    { $group: { _id: `$${reference}`, count: { $sum: 1 } } },
  ]
  const groups = connection.collection(child).aggregate<{ _id: number; count: number }>(pipeline, { batchSize })
  const children = new Map<number, number>()
  for await (const batch of batchesOf(connection, groups)) {
    for (const { _id, count } of batch) children.set(_id, count)
  }
  const projection = { [counter.capacity]: 1, [counter.counter]: 1 }
  const documents = connection.collection(parent).find({ _id: between }, { sort: { _id: 1 }, projection, batchSize })
  const parents: Parent[] = []
  for await (const batch of batchesOf(connection, documents)) {
    for (const document of batch) {
      const key = Number(document._id)
      const value = Number(document[counter.capacity]) - (children.get(key) ?? 0)
      parents.push({ key, value, isRight: document[counter.counter] === value })
    }
  }
  return parents
}

/** Waiting for each document by itself would make more garbage than reading it. */
async function* batchesOf<T>(connection: MongoConnection, cursor: AbstractCursor<T>): AsyncGenerator<readonly T[]> {
  while (await connection.run(cursor.hasNext())) yield cursor.readBufferedDocuments()
}

/** Many parents come to the same number: one command sets those that follow one another, or up to so many of the rest. */
function planUpdates(parents: readonly Parent[]): Update[] {
  const updates: Update[] = []
  const scattered = new Map<number, number[]>()
  for (const run of runsOf(parents)) {
    if (run.every(({ isRight }) => isRight)) continue
    const [first, last] = [run[0]!, run.at(-1)!]
    if (run.length >= shortestRange) updates.push({ _id: { $gte: first.key, $lte: last.key }, value: first.value })
    else {
      const keys = scattered.get(first.value) ?? []
      scattered.set(first.value, keys)
      for (const { key } of run) keys.push(key)
    }
  }
  for (const [value, keys] of scattered) {
    for (const some of chunksOf(keys, keysPerUpdate)) updates.push({ _id: { $in: some }, value })
  }
  return updates
}

function* runsOf(parents: readonly Parent[]): Generator<readonly Parent[]> {
  let start = 0
  for (let at = 1; at <= parents.length; at++) {
    if (parents[at]?.value === parents[start]?.value) continue
    yield parents.slice(start, at)
    start = at
  }
}
