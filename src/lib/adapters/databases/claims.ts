import { isDeepStrictEqual } from 'node:util'
import { RushbenchError } from '../../base/errors/errors.ts'
import type { AnyTable, Change, Store, Value } from '../../ports/database.ts'

/** A change that brings a row which must be new. */
export interface Claim extends Change {
  readonly claim: { readonly table: AnyTable; readonly row: object }
}

/** `taken`: a row of that primary key was there already; `refused`: the guard hit no row. Nothing of either is stored. */
export type ClaimResult = 'applied' | 'taken' | 'refused'

/**
 * Applies changes, as `Store.apply` does, but leaves out those whose row is there already, also where somebody else
 * stores it at the same moment. Throws what `apply` throws for whatever else is wrong.
 */
export async function applyClaims(store: Store, claims: readonly Claim[]): Promise<ClaimResult[]> {
  const first = new Map<string, number>()
  for (const [index, { claim }] of claims.entries()) {
    const name = nameOf(claim)
    if (!first.has(name)) first.set(name, index)
  }
  const results: ClaimResult[] = Array.from({ length: claims.length })
  const place = (indexes: readonly number[], found: readonly ClaimResult[]): void => {
    for (const [at, index] of indexes.entries()) results[index] = found[at] as ClaimResult
  }
  const indexesOf = (wanted: boolean): number[] =>
    [...claims.keys()].filter((index) => (first.get(nameOf(claims[index]!.claim)) === index) === wanted)
  const firsts = indexesOf(true)
  place(
    firsts,
    await applyDistinct(
      store,
      firsts.map((index) => claims[index]!),
    ),
  )
  const others = indexesOf(false).filter((index) => {
    const earlier = first.get(nameOf(claims[index]!.claim)) as number
    const found = followFrom(results[earlier] as ClaimResult, claims[earlier]!, claims[index]!)
    if (found) results[index] = found
    return !found
  })
  // What stands in their way is perhaps not what stood in the way of the first.
  if (others.length > 0)
    place(
      others,
      await applyClaims(
        store,
        others.map((index) => claims[index]!),
      ),
    )
  return results
}

/** What becomes of the later of two claims for the same row, where that follows from what became of the first. */
function followFrom(result: ClaimResult, earlier: Claim, later: Claim): ClaimResult | null {
  if (result !== 'refused') return 'taken'
  return isSameGuard(earlier.guard, later.guard) ? 'refused' : null
}

function isSameGuard(one: Claim['guard'], other: Claim['guard']): boolean {
  return one?.table === other?.table && isDeepStrictEqual(one, other)
}

async function applyDistinct(store: Store, claims: readonly Claim[]): Promise<ClaimResult[]> {
  const taken = await findTaken(store, claims)
  const free = claims.filter(({ claim }) => !taken.has(nameOf(claim)))
  let applied: readonly boolean[]
  try {
    applied = await store.apply(free.map(toChange))
  } catch (error) {
    // With a sentence of its own it is no duplicate; and a row of the same key that somebody has stored is there by now.
    if (error instanceof RushbenchError || (await findTaken(store, claims)).size === taken.size) throw error
    return applyDistinct(store, claims)
  }
  const left = applied.values()
  return claims.map(({ claim }) => {
    if (taken.has(nameOf(claim))) return 'taken'
    return left.next().value ? 'applied' : 'refused'
  })
}

function toChange({ guard, insert, claim: { table, row } }: Claim): Change {
  return { guard, insert: [{ table, rows: [row] }, ...insert] }
}

async function findTaken(store: Store, claims: readonly Claim[]): Promise<Set<string>> {
  const keysByTable = new Map<AnyTable, Value[]>()
  for (const { claim } of claims) {
    const keys = keysByTable.get(claim.table)
    if (keys) keys.push(keyOf(claim))
    else keysByTable.set(claim.table, [keyOf(claim)])
  }
  const taken = new Set<string>()
  for (const [table, keys] of keysByTable) {
    const rows: object[] = await store.find(table, { [table.primaryKey]: { in: keys } })
    for (const row of rows) taken.add(nameOf({ table, row }))
  }
  return taken
}

function keyOf({ table, row }: Claim['claim']): Value {
  return (row as Record<string, Value>)[table.primaryKey] as Value
}

function nameOf(claim: Claim['claim']): string {
  return `${claim.table.name} ${keyOf(claim)}`
}
