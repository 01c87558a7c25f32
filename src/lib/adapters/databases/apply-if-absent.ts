import { isDeepStrictEqual } from 'node:util'
import { RushbenchError } from '../../base/errors/errors.ts'
import type { AnyTable, Change, Store, Table, Value } from '../../ports/database.ts'

/** A change that brings a row which must be new; without a guard, or other rows, unless they are given. */
export interface ChangeIfAbsent extends Partial<Change> {
  readonly absent: { readonly table: AnyTable; readonly row: object }
}

/** `taken`: a row of that primary key was there already; `refused`: the guard hit no row. Nothing of either is stored. */
export type IfAbsentResult = 'applied' | 'taken' | 'refused'

/** Stores a row, with the rows that belong to it, unless one of its primary key is there already. Returns whether it did. */
export async function insertIfAbsent<Row extends object>(
  store: Store,
  table: Table<Row>,
  row: Row,
  insert: Change['insert'] = [],
): Promise<boolean> {
  const [result] = await applyIfAbsent(store, [{ absent: { table, row }, insert }])
  return result === 'applied'
}

/**
 * Applies changes, as `Store.apply` does, but leaves out those whose row is there already, also where somebody else
 * stores it at the same moment. Throws what `apply` throws for whatever else is wrong.
 */
export async function applyIfAbsent(store: Store, changes: readonly ChangeIfAbsent[]): Promise<IfAbsentResult[]> {
  const names = changes.map(({ absent }) => nameOf(absent))
  const first = new Map<string, number>()
  for (const [index, name] of names.entries()) if (!first.has(name)) first.set(name, index)
  const results: IfAbsentResult[] = Array.from({ length: changes.length })
  const settle = async (indexes: readonly number[], apply: typeof applyIfAbsent): Promise<void> => {
    if (indexes.length === 0) return
    const found = await apply(
      store,
      indexes.map((index) => changes[index]!),
    )
    for (const [at, index] of indexes.entries()) results[index] = found[at] as IfAbsentResult
  }
  await settle([...first.values()], applyDistinct)
  const others = [...changes.keys()].filter((index) => {
    const earlier = first.get(names[index]!) as number
    if (earlier === index) return false
    const found = followFrom(results[earlier] as IfAbsentResult, changes[earlier]!, changes[index]!)
    if (found) results[index] = found
    return !found
  })
  // What stands in their way is perhaps not what stood in the way of the first.
  await settle(others, applyIfAbsent)
  return results
}

/** The result of the later of two changes for the same row, where it follows from that of the first. */
function followFrom(result: IfAbsentResult, earlier: ChangeIfAbsent, later: ChangeIfAbsent): IfAbsentResult | null {
  if (result !== 'refused') return 'taken'
  return isSameGuard(earlier.guard, later.guard) ? 'refused' : null
}

function isSameGuard(one: ChangeIfAbsent['guard'], other: ChangeIfAbsent['guard']): boolean {
  return one?.table === other?.table && isDeepStrictEqual(one, other)
}

async function applyDistinct(store: Store, changes: readonly ChangeIfAbsent[]): Promise<IfAbsentResult[]> {
  const taken = await findTaken(store, changes)
  const free = changes.filter(({ absent }) => !taken.has(nameOf(absent)))
  let applied: readonly boolean[]
  try {
    applied = await store.apply(free.map(toChange))
  } catch (error) {
    // With a sentence of its own it is no duplicate; and a row of the same key that somebody has stored is there by now.
    if (error instanceof RushbenchError || (await findTaken(store, changes)).size === taken.size) throw error
    return applyDistinct(store, changes)
  }
  const left = applied.values()
  return changes.map(({ absent }) => {
    if (taken.has(nameOf(absent))) return 'taken'
    return left.next().value ? 'applied' : 'refused'
  })
}

function toChange({ guard = null, insert = [], absent: { table, row } }: ChangeIfAbsent): Change {
  return { guard, insert: [{ table, rows: [row] }, ...insert] }
}

async function findTaken(store: Store, changes: readonly ChangeIfAbsent[]): Promise<Set<string>> {
  const taken = new Set<string>()
  for (const [table, ofTable] of Map.groupBy(changes, ({ absent }) => absent.table)) {
    const keys = ofTable.map(({ absent }) => keyOf(absent))
    const rows: object[] = await store.find(table, { [table.primaryKey]: { in: keys } })
    for (const row of rows) taken.add(nameOf({ table, row }))
  }
  return taken
}

function keyOf({ table, row }: ChangeIfAbsent['absent']): Value {
  return (row as Record<string, Value>)[table.primaryKey] as Value
}

function nameOf(absent: ChangeIfAbsent['absent']): string {
  return `${absent.table.name} ${keyOf(absent)}`
}
