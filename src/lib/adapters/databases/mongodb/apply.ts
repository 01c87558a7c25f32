import { ignoreFailure } from '../../../base/abort.ts'
import type { AnyTable, Change } from '../../../ports/database.ts'
import type { MongoConnection, Doc } from './connection.ts'
import {
  toDocument,
  toFilter,
  toOperators,
  type Filter,
  type Operators,
  insertDocuments,
  removeDocuments,
} from './documents.ts'
import { findDuplicates } from './errors.ts'

type Guard = NonNullable<Change['guard']>

/** The update that takes a guard back. */
interface Undo {
  readonly table: AnyTable
  readonly filter: Filter
  readonly operators: Operators
}

interface Batch {
  readonly table: AnyTable
  readonly documents: readonly Doc[]
}

/**
 * Applies changes without a transaction: each guard is one conditional update, which the server does in one step; then
 * the rows of all whose guard held go in. When a row is refused, the rows and the guards are taken back, which others
 * may see happen. A crash, or a server that is lost, between the two leaves guards that hit and rows that are missing:
 * places that nobody has, never two people in one place.
 */
export async function applyChanges(connection: MongoConnection, changes: readonly Change[]): Promise<boolean[]> {
  const documents = changes.map(({ insert }) =>
    insert.map(({ table, rows }) => ({ table, documents: rows.map((row) => toDocument(table, row)) })),
  )
  const undos = await hitAll(
    connection,
    changes.map(({ guard }) => guard),
  )
  const applied = undos.map((undo, index) => changes[index]?.guard === null || undo.length > 0)
  const batches = byTable(documents.filter((_, index) => applied[index]).flat())
  await insertAll(connection, batches, () => takeBack(connection, undos.flat()))
  return applied
}

/** Guards of one row in the order given, those of different rows side by side. Nothing is kept when one fails. */
async function hitAll(connection: MongoConnection, guards: readonly Change['guard'][]): Promise<Undo[][]> {
  const undos: Undo[][] = guards.map(() => [])
  const outcomes = await Promise.allSettled(
    groupByRow(guards).map(async (group) => {
      for (const index of group) {
        for await (const undo of hit(connection, guards[index] as Guard)) undos[index]?.push(undo)
      }
    }),
  )
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) {
    await takeBack(connection, undos.flat())
    throw failed.reason
  }
  return undos
}

/** The indexes of guards that have to be tried one after the other. */
function groupByRow(guards: readonly Change['guard'][]): number[][] {
  const guarded = guards.flatMap((guard, index) => (guard ? [{ guard, index, key: keyOf(guard) }] : []))
  // A guard that names no row may be about any.
  if (guarded.some(({ key }) => key === null)) return [guarded.map(({ index }) => index)]
  const groups = Map.groupBy(guarded, ({ guard, key }) => `${guard.table.name} ${typeof key} ${key}`)
  return Array.from(groups.values(), (same) => same.map(({ index }) => index))
}

function keyOf({ table, where }: Guard): string | number | null {
  const key: unknown = (where as Record<string, unknown>)[table.primaryKey]
  return typeof key === 'string' || typeof key === 'number' ? key : null
}

/** Changes each row that the guard is about, on its condition, and gives what takes it back. */
async function* hit(connection: MongoConnection, guard: Guard): AsyncGenerator<Undo> {
  const { table } = guard
  const filter = toFilter(table, guard.where)
  const key = keyOf(guard)
  const keys = key === null ? await findKeys(connection, table, filter) : [key]
  const operators = toOperators(table, guard.patch)
  for (const _id of keys) {
    yield* operators.$set
      ? replace(connection, table, { ...filter, _id }, operators)
      : add(connection, table, { ...filter, _id }, operators)
  }
}

async function findKeys(connection: MongoConnection, table: AnyTable, filter: Filter): Promise<Doc['_id'][]> {
  const cursor = connection.collection(table).find(filter, { projection: { _id: 1 }, sort: { _id: 1 } })
  return (await connection.run(cursor.toArray())).map(({ _id }) => _id)
}

async function* add(
  connection: MongoConnection,
  table: AnyTable,
  filter: Filter,
  operators: Operators,
): AsyncGenerator<Undo> {
  const { matchedCount } = await connection.write(() => connection.collection(table).updateOne(filter, operators))
  if (matchedCount > 0) yield { table, filter: { _id: filter['_id'] as Doc['_id'] }, operators: negated(operators) }
}

/** Sets a field back only where it still is as it was set. */
async function* replace(
  connection: MongoConnection,
  table: AnyTable,
  filter: Filter,
  operators: Operators,
): AsyncGenerator<Undo> {
  const before = await connection.write(() =>
    connection.collection(table).findOneAndUpdate(filter, operators, { returnDocument: 'before' }),
  )
  if (!before) return
  const { _id } = before
  const old = Object.keys(operators.$set ?? {}).map((field) => [field, before[field]])
  yield { table, filter: { _id, ...operators.$set }, operators: { $set: Object.fromEntries(old) } }
  if (operators.$inc) yield { table, filter: { _id }, operators: negated(operators) }
}

function negated({ $inc = {} }: Operators): Operators {
  return { $inc: Object.fromEntries(Object.entries($inc).map(([field, amount]) => [field, -amount])) }
}

/** As far as the server lets it: the caller has an error to throw already. */
async function takeBack(connection: MongoConnection, undos: readonly Undo[]): Promise<void> {
  for (const { table, filter, operators } of undos.toReversed()) {
    await ignoreFailure(connection.write(() => connection.collection(table).updateOne(filter, operators)))
  }
}

function byTable(all: readonly Batch[]): Batch[] {
  return Array.from(Map.groupBy(all, ({ table }) => table.name).values(), (same) => ({
    table: same[0]!.table,
    documents: same.flatMap(({ documents }) => documents),
  }))
}

async function insertAll(
  connection: MongoConnection,
  batches: readonly Batch[],
  giveUp: () => Promise<void>,
): Promise<void> {
  const stored: Batch[] = []
  try {
    for (const batch of batches) {
      await insertDocuments(connection, batch.table, batch.documents)
      stored.push(batch)
    }
  } catch (error) {
    // Where nobody knows whether the rows are stored, their places stay taken.
    if (findDuplicates(error)) {
      for (const { table, documents } of stored.toReversed()) await removeDocuments(connection, table, documents)
      await giveUp()
    }
    throw error
  }
}
