import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database } from '../../ports/database.ts'
import { datesFrom } from './dates.ts'
import { readLocations, type Location } from './locations.ts'
import { dayId, days, type Day } from './tables.ts'
import type { Progress } from '../../base/progress.ts'

/** Where the stations are from. */
export interface SeedingOptions {
  /** A JSON file; those that ship with rushbench when it is left out. */
  readonly locations: string | undefined
}

/** Days stored with one statement. */
const daysPerInsert = 1000

/**
 * Stores the days that are missing and leaves the others as they are, also where another process does the same; yields
 * how many are in place. Stops between two statements once `signal` aborts. Throws `locations-unusable`.
 */
export async function* insertMissingDays(
  { store }: Database,
  { locations }: SeedingOptions,
  signal?: AbortSignal,
): AsyncGenerator<Progress & { readonly added: number }> {
  const wanted = (await readLocations(locations)).flatMap(daysOf)
  const total = wanted.length
  let done = 0
  let added = 0
  while (done < total && !signal?.aborted) {
    const batch = wanted.slice(done, done + daysPerInsert)
    added += await insertMissing(store, batch)
    done += batch.length
    yield { done, total, added }
    await nextTurn()
  }
}

function daysOf({ name, from, days: count, capacity }: Location): Day[] {
  return datesFrom(from, count).map((date) => ({
    id: dayId(name, date),
    station: name,
    date,
    capacity,
    available: capacity,
  }))
}

async function insertMissing(store: Database['store'], batch: readonly Day[]): Promise<number> {
  const missing = await findMissing(store, batch)
  if (missing.length === 0) return 0
  try {
    await store.insert(days, missing)
    return missing.length
  } catch (error) {
    // Another process stores them as well: what it has not stored by now is tried again.
    if ((await findMissing(store, batch)).length === missing.length) throw error
    return insertMissing(store, batch)
  }
}

async function findMissing(store: Database['store'], batch: readonly Day[]): Promise<Day[]> {
  const present = await store.find(days, { id: { in: batch.map(({ id }) => id) } })
  const known = new Set(present.map(({ id }) => id))
  return batch.filter(({ id }) => !known.has(id))
}
